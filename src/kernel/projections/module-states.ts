/**
 * What the store says of each loaded module, read again whenever the generation has moved: is it
 * newer than our code, behind, or held exclusively.
 */
import type { Connection } from '../connection/connection.ts'
import { readGeneration } from '../connection/generation.ts'
import { StoreError } from '../errors.ts'
import type { Module } from '../log/module.ts'
import type { StreamChoice } from '../log/module-store.ts'
import { KERNEL_MODULE, KERNEL_VERSION } from '../migrations/kernel-schema.ts'
import { type ModuleRow, readModules } from '../migrations/ledger.ts'
import { type BlockedStream, readBlockedStreams } from './quarantine.ts'

/** The modules of one open store. */
export class ModuleStates {
  readonly #connection: Connection
  readonly #modules: ReadonlyMap<string, Module>
  #isDead: (holder: string) => boolean = () => false
  /** As the `holder` column has this store, when it was opened in exclusive mode. */
  #self: string | undefined
  #deadHolder: string | undefined
  #generation = -1
  // Asked about last, and found not to be newer in this generation.
  #current: Module | undefined
  #rows: ReadonlyMap<string, ModuleRow> = new Map()
  #blocked: ReadonlyMap<string, ReadonlySet<string>> = new Map()

  constructor(connection: Connection, modules: ReadonlyMap<string, Module>) {
    this.#connection = connection
    this.#modules = modules
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
    const generation = readGeneration(this.#connection)
    if (generation === this.#generation) return generation
    this.#rows = readModules(this.#connection)
    this.#blocked = readBlockedStreams(this.#connection)
    this.#generation = generation
    this.#current = undefined
    return generation
  }

  /** Makes the next `refresh` read the rows: a transaction that changed them was rolled back, say. */
  forget(): void {
    this.#generation = -1
  }

  row(name: string): ModuleRow | undefined {
    return this.#rows.get(name)
  }

  rows(): ModuleRow[] {
    return [...this.#rows.values()]
  }

  /** Loaded modules whose tables lack events and that this code may fold. */
  behind(): Module[] {
    return [...this.#modules.values()].filter((module) => {
      const row = this.#rows.get(module.name)
      return row !== undefined && row.behindFrom !== null && row.version === module.version
    })
  }

  /** True while a quarantined event of `stream` keeps the later ones from being folded. */
  isBlocked(module: string, stream: string): boolean {
    return this.#blocked.size > 0 && (this.#blocked.get(module)?.has(stream) ?? false)
  }

  /** The first such stream that waits, and the module whose event it waits behind. */
  findBlocked(choice: StreamChoice): BlockedStream | undefined {
    for (const [module, streams] of this.#blocked) {
      const stream = findIn(streams, choice)
      if (stream !== undefined) return { module, stream }
    }
    return undefined
  }

  /** Throws `STORE_HELD` or `STORE_NEWER` when this process may not write at all. */
  ensureWritable(): void {
    const kernel = this.#rows.get(KERNEL_MODULE)
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
    if (module === this.#current) return
    const row = this.#rows.get(module.name)
    if (row) ensureNotNewer(module.name, row.version, module.version)
    this.#current = module
  }

  /** Throws `STORE_OLDER` when the module's tables are not there yet in the shape we know. */
  ensureReadable(module: Module): void {
    const row = this.#rows.get(module.name)
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
