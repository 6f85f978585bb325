/**
 * What the store says of each loaded module, read again whenever the generation has moved: is it
 * newer than our code, behind, or held exclusively.
 *
 * Invariant: it is never of a generation that was rolled back, whose number another process gives again to
 * one of its own. What others have committed stays, though the transaction that has met it is undone.
 */
import type { Connection } from '../connection/connection.ts'
import { readGeneration } from '../connection/generation.ts'
import { OverlayValue } from '../connection/overlay-value.ts'
import { StoreError } from '../errors.ts'
import type { Module } from '../log/module.ts'
import type { StreamChoice } from '../log/module-store.ts'
import { KERNEL_MODULE, KERNEL_VERSION } from '../migrations/kernel-schema.ts'
import { type ModuleRow, readModules } from '../migrations/ledger.ts'
import { type BlockedStream, readBlockedStreams } from './quarantine.ts'

/** What was read in one generation. */
interface Known {
  readonly generation: number
  readonly rows: ReadonlyMap<string, ModuleRow>
  readonly blocked: ReadonlyMap<string, ReadonlySet<string>>
  /** Asked about last, and found not to be newer. */
  current: Module | undefined
}

/** The modules of one open store. */
export class ModuleStates {
  readonly #connection: Connection
  readonly #modules: ReadonlyMap<string, Module>
  #isDead: (holder: string) => boolean = () => false
  /** As the `holder` column has this store, when it was opened in exclusive mode. */
  #self: string | undefined
  #deadHolder: string | undefined
  readonly #known = new OverlayValue<Known>({
    generation: -1,
    rows: new Map(),
    blocked: new Map(),
    current: undefined,
  })

  constructor(connection: Connection, modules: ReadonlyMap<string, Module>) {
    this.#connection = connection
    this.#modules = modules
    connection.addCache(this.#known)
  }

  /** Gives the proof that a holder has died; without it every holder counts as alive. */
  judgeHoldersBy(isDead: (holder: string) => boolean): void {
    this.#isDead = isDead
  }

  /** Names the holder as whom this store may write while it is held. */
  actAs(holder: string | undefined): void {
    this.#self = holder
  }

  /** Reads the rows again if the generation has moved; gives what it is now. */
  refresh(): number {
    const known = this.#readAgain()
    if (known) this.#known.value = known
    return this.#known.value.generation
  }

  /** As `refresh`, before anything was written: what was read is committed, and stays after a rollback. */
  refreshForGood(): number {
    const known = this.#readAgain()
    if (known) this.#known.reset(known)
    return this.#known.value.generation
  }

  #readAgain(): Known | undefined {
    const generation = readGeneration(this.#connection)
    if (generation === this.#known.value.generation) return undefined
    return {
      generation,
      rows: readModules(this.#connection),
      blocked: readBlockedStreams(this.#connection),
      current: undefined,
    }
  }

  row(name: string): ModuleRow | undefined {
    return this.#known.value.rows.get(name)
  }

  rows(): ModuleRow[] {
    return [...this.#known.value.rows.values()]
  }

  /** Loaded modules whose tables lack events and that this code may fold. */
  behind(): Module[] {
    return [...this.#modules.values()].filter((module) => {
      const row = this.#known.value.rows.get(module.name)
      return row !== undefined && row.behindFrom !== null && row.version === module.version
    })
  }

  /** True while a quarantined event of `stream` keeps the later ones from being folded. */
  isBlocked(module: string, stream: string): boolean {
    const { blocked } = this.#known.value
    return blocked.size > 0 && (blocked.get(module)?.has(stream) ?? false)
  }

  /** The first such stream that waits, and the module whose event it waits behind. */
  findBlocked(choice: StreamChoice): BlockedStream | undefined {
    for (const [module, streams] of this.#known.value.blocked) {
      const stream = findIn(streams, choice)
      if (stream !== undefined) return { module, stream }
    }
    return undefined
  }

  /** Throws `STORE_HELD` or `STORE_NEWER` when this process may not write at all. */
  ensureWritable(): void {
    const kernel = this.#known.value.rows.get(KERNEL_MODULE)
    if (!kernel) return
    ensureNotNewer(KERNEL_MODULE, kernel.version, KERNEL_VERSION)
    if (kernel.holder !== null && !this.#mayIgnore(kernel.holder)) {
      throw new StoreError('STORE_HELD', `the store is held by ${kernel.holder}`, {
        hint: 'wait until it has closed the store; see who it is: holdfast status',
      })
    }
  }

  // A holder that was killed cannot give the store back; it stays dead, so it is looked at once.
  #mayIgnore(holder: string): boolean {
    if (holder === this.#self || holder === this.#deadHolder) return true
    if (!this.#isDead(holder)) return false
    this.#deadHolder = holder
    return true
  }

  /** Throws `STORE_NEWER` when a newer release has changed how this module folds. */
  ensureCurrent(module: Module): void {
    const known = this.#known.value
    if (module === known.current) return
    const row = known.rows.get(module.name)
    if (row) ensureNotNewer(module.name, row.version, module.version)
    known.current = module
  }

  /** Throws `STORE_OLDER` when the module's tables are not there yet in the shape we know. */
  ensureReadable(module: Module): void {
    const row = this.#known.value.rows.get(module.name)
    if (row && row.version >= module.version) return
    throw new StoreError(
      'STORE_OLDER',
      `the store has ${row ? `version ${row.version}` : 'no tables'} of module '${module.name}', this program needs version ${module.version}`,
      { hint: 'open it once for writing, which brings it up to date' },
    )
  }
}

function findIn(streams: ReadonlySet<string>, choice: StreamChoice): string | undefined {
  if ('stream' in choice) return streams.has(choice.stream) ? choice.stream : undefined
  for (const stream of streams) if (stream.startsWith(choice.prefix)) return stream
  return undefined
}

function ensureNotNewer(module: string, stored: number, known: number): void {
  if (stored <= known) return
  throw new StoreError(
    'STORE_NEWER',
    `module '${module}' has version ${stored} in the store, this program knows version ${known}`,
    { hint: 'reading goes on; to write, update this program' },
  )
}
