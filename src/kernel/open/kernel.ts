/**
 * The kernel of one open store: the parts of all layers, put together around one connection.
 * This is the composition root; nothing below it imports it.
 */
import { Checkpointer } from '../connection/checkpointer.ts'
import type { Connection } from '../connection/connection.ts'
import { GroupCommit } from '../connection/group-commit.ts'
import type { ScreenedSql } from '../connection/screened-sql.ts'
import type { DriverFactory } from '../driver/driver.ts'
import { isStoreError, StoreError } from '../errors.ts'
import { Doorbell } from '../follow/doorbell.ts'
import { LiveRing } from '../follow/live-ring.ts'
import { UnreadableNotes } from '../follow/unreadable-notes.ts'
import { Waker } from '../follow/waker.ts'
import type { ProcessProbe } from '../leases/process-probe.ts'
import { LogReader } from '../log/log-reader.ts'
import { type Fold, LogWriter } from '../log/log-writer.ts'
import type { Module } from '../log/module.ts'
import { checkLocalStatement } from '../log/module-tables.ts'
import { Registry } from '../log/registry.ts'
import { RowContext } from '../log/row-context.ts'
import type { AppendOptions, AppendResult, NewEvent } from '../log/types.ts'
import {
  APPENDS_BETWEEN_RUNS,
  APPENDS_WHILE_BEHIND,
  pruneOnTheWay,
} from '../maintenance/prune/auto-prune.ts'
import type { PruneContext } from '../maintenance/prune/types.ts'
import type { Mirror } from '../mirror/mirror.ts'
import type { MirrorOptions } from '../mirror/types.ts'
import { AtCache } from '../projections/at-cache.ts'
import { catchUp } from '../projections/catch-up.ts'
import { Folder } from '../projections/fold.ts'
import { ModuleStates } from '../projections/module-states.ts'
import { streamBlocked } from '../projections/quarantine.ts'
import { type RebuildContext, rebuildModule } from '../projections/rebuild.ts'
import { KERNEL, type KernelEvent } from './kernel-module.ts'
import { makeMirror } from './make-mirror.ts'
import { Owners } from './owners.ts'

/** What a kernel is made of. */
export interface KernelOptions {
  readonly factory: DriverFactory
  readonly connection: Connection
  /** Opens a further connection to the same file, for reading. */
  readonly openReader: () => Connection
  readonly modules: readonly Module[]
  readonly clock: () => number
  readonly probe: ProcessProbe
  /** This process, formatted; asked of the system by the first who needs it. */
  readonly process: () => string
  /** Drops superseded leftovers on the way. */
  readonly autoPrune: boolean
  readonly mirror: MirrorOptions | undefined
}

/** The parts of an open store. */
export class Kernel {
  readonly factory: DriverFactory
  readonly connection: Connection
  readonly registry: Registry
  readonly states: ModuleStates
  readonly writer: LogWriter
  readonly reader: LogReader
  /** SQL that changes `local` tables alone. */
  readonly localSql: ScreenedSql
  readonly groupCommit: GroupCommit
  /** Leases, ports, presence. */
  readonly owners: Owners
  /** What followers and others have passed. */
  readonly unreadable: UnreadableNotes
  readonly openReader: () => Connection
  /** Tables of the past that may be asked for again. */
  readonly atCache: AtCache = new AtCache()
  readonly mirror: Mirror | undefined
  readonly #clock: () => number
  readonly #autoPrune: boolean
  readonly #bell: Doorbell
  readonly #checkpointer: Checkpointer
  #waker: Waker | undefined
  #live: LiveRing | undefined
  #rungFor = 0
  #flushedFor = 0
  #pruneAt = APPENDS_BETWEEN_RUNS
  #headsGeneration = -1
  #isPreparing = false
  #isTelling = false

  constructor(options: KernelOptions) {
    const { connection, clock } = options
    this.factory = options.factory
    this.connection = connection
    this.openReader = options.openReader
    this.#clock = clock
    this.#autoPrune = options.autoPrune
    this.registry = new Registry(options.modules)
    this.mirror = options.mirror && makeMirror(this, options.mirror, clock)
    this.states = new ModuleStates(connection, this.registry.modules)
    this.writer = this.#makeWriter()
    this.reader = this.readerOn(connection)
    this.localSql = connection.screened((sql) => checkLocalStatement(sql, options.modules))
    this.groupCommit = new GroupCommit(connection)
    const { probe, process } = options
    const tell = (event: KernelEvent) => this.#tell(event)
    this.owners = new Owners({ connection, clock, probe, process, tell })
    this.unreadable = new UnreadableNotes(connection)
    this.#bell = new Doorbell(connection.path)
    this.#checkpointer = new Checkpointer(connection, () => this.#flushHeads())
    connection.hooks = {
      beforeWrite: () => this.#refuseWhileFolding(),
      foreignCommit: () => this.#foreignCommit(),
      prepareWrite: () => this.foldWhatIsBehind(),
      beforeCommit: () => this.writer.heads.flushWhenDue(),
      afterCommit: () => this.#afterCommit(),
    }
  }

  /** The followers' wake-ups; started by the first follower. */
  get waker(): Waker {
    this.#waker ??= new Waker(this.openReader(), !this.connection.isReadOnly)
    return this.#waker
  }

  /** Texts as they grow. */
  get live(): LiveRing {
    const { connection } = this
    const onWritten = () => this.#announce()
    this.#live ??= new LiveRing({ connection, clock: this.#clock, onWritten })
    return this.#live
  }

  /** Appends inside a write transaction. */
  append(stream: string, events: readonly NewEvent[], options?: AppendOptions): AppendResult {
    return this.forWriting().writer.append(stream, events, options)
  }

  /** This kernel, inside a write transaction; throws `ARGUMENT_INVALID` outside one. */
  forWriting(): this {
    this.#refuseWhileFolding()
    if (this.connection.isWriting) return this
    throw new StoreError('ARGUMENT_INVALID', 'a write was asked for outside its transaction', {
      hint: 'use the tx that write() gives only inside its function',
    })
  }

  /** What catching up and rebuilding work with. */
  context(): RebuildContext {
    const { connection, reader, states, factory, openReader, readerOn } = this
    return { connection, reader, states, factory, openReader, readerOn, clock: this.#clock }
  }

  /** What prune works with. */
  pruneContext(): PruneContext {
    return { ...this.context(), heads: this.writer.heads, registry: this.registry }
  }

  /** A reader of the log through another connection to the same file. */
  readonly readerOn = (connection: Connection): LogReader =>
    new LogReader(new RowContext(connection, this.registry))

  /** Brings every loaded module's tables up to the head; returns at once when none is behind. */
  foldWhatIsBehind(): void {
    if (this.#isPreparing) return
    this.#isPreparing = true
    try {
      this.states.refresh()
      const context = this.context()
      for (const module of this.states.behind()) {
        if (this.states.row(module.name)?.behindFrom === 0) rebuildModule(context, module)
        else catchUp(context, module)
      }
    } finally {
      this.#isPreparing = false
    }
  }

  close(): void {
    if (this.connection.isClosed) return
    this.groupCommit.drainNow()
    this.#live?.close()
    this.mirror?.close()
    this.unreadable.keep()
    this.#checkpointer.stop()
    this.#flushHeads()
    this.#waker?.close()
    this.#bell.close()
    this.atCache.close()
    this.connection.close()
  }

  // Spares the next opener the tail, and lets verify account for its events.
  #flushHeads(): void {
    if (this.writer.inserted === this.#flushedFor) return
    try {
      this.connection.tryWrite(() => this.writer.heads.flush())
      this.#flushedFor = this.writer.inserted
    } catch (error) {
      // Busy, full or held: the tail says the same, and whoever comes next reads it.
      if (!isStoreError(error)) throw error
    }
  }

  #makeWriter(): LogWriter {
    const { connection, states } = this
    const folder = new Folder(connection, this.registry.folding)
    return new LogWriter({
      connection,
      registry: this.registry,
      clock: this.#clock,
      guard: (module) => {
        if (module === KERNEL && !this.#isTelling) throw kernelsOwn()
        states.ensureCurrent(module)
      },
      baseOf: (module) => states.row(module.name),
      fold: this.#mirrored(({ module }, event) => {
        const { stream } = event
        if (states.isBlocked(module.name, stream)) {
          throw streamBlocked(connection, { module: module.name, stream })
        }
        folder.fold(module, event)
      }),
    })
  }

  // Only a store that has a mirror pays for it.
  #mirrored(fold: Fold): Fold {
    const { mirror } = this
    if (!mirror) return fold
    return (registered, event, text) => {
      mirror.add(event, text)
      fold(registered, event, text)
    }
  }

  #tell({ stream, event }: KernelEvent): void {
    this.#isTelling = true
    try {
      this.writer.append(stream, [event])
    } finally {
      this.#isTelling = false
    }
  }

  // A replay would do it again, and to the store itself: tables follow from events, not the reverse.
  #refuseWhileFolding(): void {
    const { module } = this.registry.folding
    if (module === undefined) return
    throw new StoreError(
      'PROJECTION_FAILED',
      `the projection of module '${module}' writes itself`,
      {
        hint: 'fold with the tx that the projection is given; append where the command is decided',
      },
    )
  }

  #foreignCommit(): boolean {
    // A raised generation may mean pruned or replaced events: what is remembered of them goes, though a look
    // at the store, such as its status, has met it before.
    const generation = this.states.refreshForGood()
    if (generation !== this.#headsGeneration) this.writer.heads.clear()
    this.#headsGeneration = generation
    this.states.ensureWritable()
    return !this.#isPreparing && this.states.behind().length > 0
  }

  #afterCommit(): void {
    this.#checkpointer.afterCommit()
    const { inserted } = this.writer
    if (inserted === this.#rungFor) return
    this.#rungFor = inserted
    this.#announce()
    this.mirror?.afterCommit()
    if (this.#autoPrune && inserted >= this.#pruneAt) this.#pruneOnTheWay()
  }

  #announce(): void {
    this.#bell.ring()
    this.#waker?.wake()
  }

  #pruneOnTheWay(): void {
    const { inserted } = this.writer
    // Before the write, which ends in this hook again.
    this.#pruneAt = inserted + APPENDS_BETWEEN_RUNS
    try {
      const isBehind = this.connection.tryWrite(() => pruneOnTheWay(this.pruneContext()))
      if (isBehind) this.#pruneAt = inserted + APPENDS_WHILE_BEHIND
    } catch (error) {
      // The append has succeeded, and what is left lying stays for the next run.
      if (!isStoreError(error)) throw error
    }
  }
}

function kernelsOwn(): StoreError {
  return new StoreError('ARGUMENT_INVALID', 'only the kernel appends events of leases and ports', {
    hint: 'acquire or release the lease: its event follows',
  })
}
