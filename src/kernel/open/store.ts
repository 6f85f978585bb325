/** The members that every open store has, whatever modules it was opened with. */
import { checkArgument, checkOptions, FUNCTION, listOf, TEXT } from '../arguments.ts'
import { StoreError } from '../errors.ts'
import type { FollowImportOptions } from '../import/follow-sources.ts'
import type { ImportOptions, ImportPlan, ImportReport, PlanOptions } from '../import/types.ts'
import type { Leases } from '../leases/leases.ts'
import type { Ports } from '../leases/ports.ts'
import type { Presence } from '../leases/presence.ts'
import { answerOnce } from '../log/answer-once.ts'
import type { Finding } from '../log/finding.ts'
import type { Module } from '../log/module.ts'
import type {
  FollowItem,
  FollowOptions,
  Live,
  LiveFollowOptions,
  Log,
  ModuleStore,
  ReadTransaction,
  SliceStep,
  WriteOptions,
  WriteTransaction,
} from '../log/module-store.ts'
import type { RecordedEvent } from '../log/types.ts'
import type { BackupReport } from '../maintenance/backup/back-up.ts'
import type { BackupReason } from '../maintenance/backup/backup-files.ts'
import { backUpInProcess } from '../maintenance/backup/backup-process.ts'
import { prune } from '../maintenance/prune/prune.ts'
import type { PruneOptions, PruneReport } from '../maintenance/prune/types.ts'
import type { StoreMirror } from '../mirror/types.ts'
import { type At, type AtOptions, openAt } from '../projections/at.ts'
import { type RebuildReport, rebuildModule } from '../projections/rebuild.ts'
import type { OnProgress } from '../projections/replay.ts'
import { type VerifyOptions, type VerifyReport, verifyStore } from '../projections/verify.ts'
import { asEvents } from './as-events.ts'
import type { Attachment } from './attachment.ts'
import { BACKUP_REASON, checkWrite } from './check-write.ts'
import { examineKernel } from './examine.ts'
import { releaseExclusively } from './exclusive.ts'
import {
  followStoreImport,
  type ImportingStore,
  importIntoStore,
  membersOf,
  planStoreImport,
} from './import-store.ts'
import { sqlFace } from './sql-face.ts'
import { readStatus, type StoreStatus } from './status.ts'
import { StoreLog } from './store-log.ts'
import { storeMirror } from './store-mirror.ts'
import type { Mode, SqlFace } from './store-types.ts'
import { writeInSlices } from './write-in-slices.ts'

/** What every store can do; see {@link Store} for the modules beside it. */
export class StoreBase implements ModuleStore {
  readonly mode: Mode
  readonly clock: () => number
  readonly newId: () => string
  /** The log itself: streams, versions, consumers. */
  readonly log: Log
  /** Read-only SQL on every table. */
  readonly sql: SqlFace
  readonly #attachment: Attachment
  readonly #moduleNames: ReadonlyMap<string, string>

  /** @internal Use `openStore`. */
  constructor(
    attachment: Attachment,
    options: {
      readonly mode: Mode
      readonly clock: () => number
      readonly newId: () => string
      /** Module names by the key under which they are shown. */
      readonly moduleNames: ReadonlyMap<string, string>
    },
  ) {
    this.#attachment = attachment
    this.#moduleNames = options.moduleNames
    this.mode = options.mode
    this.clock = options.clock
    this.newId = options.newId
    this.log = new StoreLog(attachment, this)
    this.sql = sqlFace(attachment)
  }

  /** The store's file. */
  get path(): string {
    return this.#attachment.path
  }

  /** False while the store is open for reading and its file is not there yet. */
  get attached(): boolean {
    return this.#attachment.isAttached
  }

  /** True inside a `write`, where long work cannot be cut into transactions of its own. */
  get isWriting(): boolean {
    return this.attached && this.#attachment.kernel.connection.isWriting
  }

  /** Time-limited ownership of names, across processes. */
  get leases(): Leases {
    return this.#attachment.kernel.owners.leases
  }

  /** Blocks of ports, one a key. Those of a machine are in the user store: `openStore.user()`. */
  get ports(): Ports {
    return this.#attachment.kernel.owners.ports
  }

  /** Who is there, by heartbeat. */
  get presence(): Presence {
    return this.#attachment.kernel.owners.presence
  }

  /** The mirror that the store was opened with; its calls throw `ARGUMENT_INVALID` without one. */
  get mirror(): StoreMirror {
    return storeMirror(this.#attachment)
  }

  /** Runs `fn` in one immediate transaction; inside another `write`, in a savepoint of it. */
  write<Result>(fn: (tx: WriteTransaction) => Result, options: WriteOptions = {}): Result {
    checkWrite('write', fn, options)
    const { kernel } = this.#attachment
    return kernel.connection.write(() => fn(this.#writeTransaction), options.durability)
  }

  /**
   * As `write`, sharing one commit with other callers, and waiting for the lock without blocking.
   * A throw rejects this call alone; a commit that fails rejects all that shared it.
   */
  writeAsync<Result>(
    fn: (tx: WriteTransaction) => Result,
    options: WriteOptions = {},
  ): Promise<Result> {
    try {
      checkWrite('writeAsync', fn, options)
      const { groupCommit, connection } = this.#attachment.kernel
      return groupCommit.write(
        () => fn(this.#writeTransaction),
        options.durability ?? connection.durability,
      )
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Long work in short transactions, with room for other writers in between; see {@link SliceStep}. */
  writeInSlices(step: SliceStep, options: WriteOptions = {}): void {
    writeInSlices(this.#attachment, this.#writeTransaction, step, options)
  }

  /** Runs `fn` on one unchanging view of the store. */
  read<Result>(fn: (tx: ReadTransaction) => Result): Result {
    checkArgument('read: its function', fn, FUNCTION)
    return this.#attachment.kernel.connection.read(() => fn(this.sql))
  }

  /** Texts as they grow, shown to followers in any process. */
  get live(): Live {
    return this.#attachment.kernel.live
  }

  /** Events, a mark when all of the past was shown, and texts as they grow. */
  follow(target: LiveFollowOptions): AsyncIterableIterator<FollowItem>
  /** Events as they come, from any process: of one module (by its key), or as the options say. */
  follow(target?: string | FollowOptions): AsyncIterableIterator<RecordedEvent>
  follow(
    target: string | FollowOptions | LiveFollowOptions = {},
  ): AsyncIterableIterator<RecordedEvent> | AsyncIterableIterator<FollowItem> {
    if (typeof target !== 'string') return this.log.follow(target)
    const module = this.#moduleNames.get(target)
    if (module !== undefined) return this.log.follow({ module })
    throw new StoreError('ARGUMENT_INVALID', `nothing is open under the key '${target}'`, {
      hint: `follow one of: ${[...this.#moduleNames.keys()].join(', ')}`,
    })
  }

  /** What the store is, where, in which state, and what it holds. */
  status(): StoreStatus {
    return readStatus(this.#attachment, this.mode, this.clock())
  }

  /** Proves that the log is undamaged and that every table equals its history. */
  verify(options: VerifyOptions = {}): VerifyReport {
    return verifyStore(this.#attachment.kernel, options)
  }

  /** Says what `import` would make of files and folders, and why; writes nothing. */
  planImport(paths: readonly string[], options: PlanOptions = {}): ImportPlan {
    return planStoreImport(this.#importing(), paths, options)
  }

  /**
   * Imports files and folders of JSON, JSON lines and whatever the loaded modules know. What is
   * known already is not stored again, however often, from however many processes and copies.
   * A row that was changed in the store since its import is kept.
   */
  import(paths: readonly string[], options: ImportOptions = {}): ImportReport {
    return importIntoStore(this.#importing(), paths, options)
  }

  /** As `import`, then reads on as the sources grow; a report each time something was read. */
  followImport(
    paths: readonly string[],
    options: FollowImportOptions = {},
  ): AsyncGenerator<ImportReport, void, undefined> {
    return followStoreImport(this.#importing(), paths, options)
  }

  /**
   * Drops events that are superseded or have been kept long enough; afterwards replay still gives
   * the same tables. `{ dryRun: true }` says what would go.
   */
  prune(options: PruneOptions = {}): PruneReport {
    return prune(this.#attachment.kernel.pruneContext(), options)
  }

  /**
   * What is wrong with the store, the worst first; `verify` proves the rest, event by event. Changes
   * nothing: a finding's `repair` does, in a store that is open for writing.
   */
  examine(): Finding[] {
    const { kernel } = this.#attachment
    const keys = new Map(Array.from(this.#moduleNames, ([key, name]) => [name, key]))
    const apiOf = (module: string) => Reflect.get(this, keys.get(module) ?? module) as unknown
    return examineKernel(kernel, { nowMs: this.clock(), apiOf })
  }

  /**
   * Makes a checked copy of the store beside it, numbered and never written over, while everybody
   * goes on. What is committed at the call is in it.
   */
  async backup(options: { readonly reason?: BackupReason } = {}): Promise<BackupReport> {
    checkOptions('backup', options, { reason: BACKUP_REASON })
    const driver = this.#attachment.kernel.factory.name
    return backUpInProcess({ path: this.path, driver, reason: options.reason ?? 'backup' })
  }

  /**
   * The tables as they were at a sequence or a time, in a file of their own until it is closed.
   * Throws `PRUNED` where that is no longer known; one stream's past is in `log.readStream`.
   */
  at(place: number | Date, options: AtOptions = {}): At {
    checkOptions('at', options, { modules: listOf(TEXT), onProgress: FUNCTION })
    const keys = options.modules ?? [...this.#moduleNames.keys()]
    const modules = keys.map((key) => this.#moduleOf(key))
    return openAt(this.#attachment.kernel, modules, place, options.onProgress)
  }

  /** Makes a module's tables anew from the log. */
  rebuild(key: string, options: { readonly onProgress?: OnProgress } = {}): RebuildReport {
    checkOptions('rebuild', options, { onProgress: FUNCTION })
    const { kernel } = this.#attachment
    const module = this.#moduleOf(key)
    kernel.states.refresh()
    kernel.states.ensureCurrent(module)
    return rebuildModule(kernel.context(), module, options.onProgress)
  }

  /** Writes what is queued, ends followers, and closes the file. */
  close(): void {
    const { holder, isClosed } = this.#attachment
    if (holder !== undefined && this.attached && !isClosed) {
      releaseExclusively(this.#attachment.kernel, holder, this.clock())
    }
    this.#attachment.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #importing(): ImportingStore {
    return { attachment: this.#attachment, reserved: membersOf(this) }
  }

  #moduleOf(key: string): Module {
    checkArgument('the key of a module', key, TEXT)
    const { registry } = this.#attachment.kernel
    const module = registry.modules.get(this.#moduleNames.get(key) ?? key)
    if (module) return module
    throw new StoreError('MODULE_NOT_LOADED', `module '${key}' is not loaded`, {
      hint: `loaded are: ${[...registry.modules.keys()].join(', ')}`,
    })
  }

  readonly #writeTransaction: WriteTransaction = {
    get: (sql, parameters) => this.sql.get(sql, parameters),
    all: (sql, parameters) => this.sql.all(sql, parameters),
    append: (stream, events, options) =>
      this.#attachment.kernel.append(stream, asEvents(events), options),
    once: (key, request, decide) => {
      const { connection } = this.#attachment.kernel.forWriting()
      return answerOnce(connection, { key, request, nowMs: this.clock() }, decide)
    },
    runLocal: (sql, parameters) =>
      this.#attachment.kernel.forWriting().localSql.run(sql, parameters),
  }
}
