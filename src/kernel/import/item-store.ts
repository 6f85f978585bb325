/**
 * Decides what becomes of each item of a source, and does it: a record is stored unless it is known;
 * an entity's state is stored unless the store's own is newer; everything else is kept as a reject.
 */
import { IMPORT_MODULE_NAME, type ImportEvent } from '../log/importer.ts'
import type { RecordedEvent } from '../log/types.ts'
import type { Appended, ImportAppender, ImportTarget, LargeEvent } from './append-imported.ts'
import type { BatchItem } from './batches.ts'
import type { ChunkRange, Copies } from './copies.ts'
import { newTally, type Tally } from './counts.ts'
import { findOtherSource, findRow, saveRow } from './import-rows.ts'
import { dataOf, identityOf, recordHash, textOf } from './record-hash.ts'
import { OTHER_SOURCE, PARTIAL, type Reject, type Rejects, UNFINISHED } from './rejects.ts'

/** Why the file's state of an entity was not stored. */
export const KEPT = 'changed in the store since it was imported'
const THERE = 'the store has another one'

// Types that no module knows, so that nothing ever prunes their events.
const UNKNOWN_TYPES = `${IMPORT_MODULE_NAME}.`

/** What an item store works with. */
export interface ItemStoreOptions {
  readonly target: ImportTarget
  readonly appender: ImportAppender
  readonly copies: Copies
  readonly kept: Rejects
  readonly importId: number
  /** True for JSON lines: each state in it is a step of a history, and none is the newest. */
  readonly isLog: boolean
}

/** The items of one transaction. */
export class ItemStore {
  readonly tally: Tally = newTally()
  readonly rejects: Reject[] = []
  unfinishedBytes = 0
  readonly #options: ItemStoreOptions
  readonly #range: { -readonly [Name in keyof ChunkRange]: ChunkRange[Name] } = {
    firstSequence: null,
    lastSequence: null,
    firstLine: null,
    lastLine: null,
  }

  constructor(options: ItemStoreOptions) {
    this.#options = options
  }

  /** Stores, counts or keeps one item. */
  take(item: BatchItem): void {
    switch (item.kind) {
      case 'event':
        this.tally.read++
        if (!this.#options.isLog && this.#isState(item)) this.#takeState(item)
        else this.#takeRecord(item)
        return
      case 'reject':
        this.tally.read++
        this.#reject(item)
        return
      case 'torn':
        this.unfinishedBytes = Math.max(0, (item.endOffset ?? 0) - (item.offset ?? 0))
        this.#reject({ ...item, reason: UNFINISHED })
    }
  }

  /** Counts an item that an earlier run has taken already. */
  pass(item: BatchItem): void {
    if (item.kind !== 'event' || this.#options.isLog || this.#isState(item)) return
    this.#options.copies.isNew(identityOf(item), false, true)
  }

  /** Writes what waits and the chunk of the records met. Last thing before the ledger's row moves. */
  finish(): void {
    this.#options.appender.flush()
    this.#options.copies.save(this.#range)
  }

  #isState({ type }: ImportEvent): boolean {
    const definition = this.#options.target.registry.find(type)?.definition
    return definition !== undefined && (definition.isState || definition.removes)
  }

  #takeRecord(event: LargeEvent): void {
    const { copies } = this.#options
    const { text, identity, packed } = event
    // Told by comparing the references first: the generic importer hands on one string for both.
    const isWhole = packed !== undefined || (text !== undefined && identity === text)
    const isText = isWhole && event.type.startsWith(UNKNOWN_TYPES)
    if (!copies.isNew(identityOf(event), isText, event.occurredAtMs !== undefined)) {
      this.tally.duplicate++
      return
    }
    this.#settle(event, this.#options.appender.append(event))
  }

  #takeState(event: ImportEvent): void {
    const { target, importId, appender } = this.#options
    const { connection, writer } = target
    const { stream } = event
    appender.flush()
    const hash = recordHash(`${event.type}\0${textOf(event)}`)
    const imported = findRow(connection, importId, stream)
    if (imported && hash.equals(imported.hash)) {
      this.tally.duplicate++
      return
    }
    const version = writer.versionOf(stream)
    if (event.isPartial && version > 0) {
      this.#reject({ ...event, reason: PARTIAL, raw: event.raw ?? textOf(event) })
      return
    }
    if (version !== (imported?.version ?? 0)) {
      const last = this.#lastOf(stream, version)
      if (last?.type === event.type && isSame(last.data, dataOf(event))) {
        this.tally.duplicate++
        saveRow(connection, importId, stream, { hash, version })
        return
      }
      const other = findOtherSource(connection, importId, stream, version)
      if (other === undefined || !isLater(event, last)) {
        // The hash is remembered with the old version, so that this is said once and not each time.
        this.tally.kept++
        const reason = other === undefined ? (imported ? KEPT : THERE) : `${OTHER_SOURCE}${other}`
        this.#keep({ ...event, reason, raw: event.raw ?? textOf(event) })
        saveRow(connection, importId, stream, { hash, version: imported?.version ?? 0 })
        return
      }
    }
    const appended = appender.append(event)
    this.#settle(event, appended)
    if (appended.kind === 'invalid') return
    saveRow(connection, importId, stream, { hash, version: appended.version })
  }

  #lastOf(stream: string, version: number): RecordedEvent | undefined {
    const [last] = this.#options.target.reader.readStream(stream, { after: version - 1, limit: 1 })
    return last
  }

  #settle(event: ImportEvent, appended: Appended): void {
    switch (appended.kind) {
      case 'stored':
        this.tally.stored++
        if (event.salvaged) this.tally.salvaged++
        if (appended.isQuarantined) this.tally.quarantined++
        this.#range.firstSequence ??= appended.sequence
        this.#range.lastSequence = appended.sequence
        this.#range.firstLine ??= event.line ?? null
        this.#range.lastLine = event.endLine ?? this.#range.lastLine
        return
      case 'same':
        this.tally.duplicate++
        return
      case 'invalid':
        this.#reject({ ...event, reason: appended.reason, raw: event.raw ?? textOf(event) })
    }
  }

  #reject(reject: Reject): void {
    this.tally.rejected++
    this.#keep(reject)
  }

  #keep(reject: Reject): void {
    const { target, kept } = this.#options
    // Shown by its head; the bytes are gone when the next line is read.
    this.rejects.push(reject.rawBytes ? { ...reject, rawBytes: undefined } : reject)
    kept.keep(reject, target.clock())
  }
}

function isSame(stored: unknown, data: unknown): boolean {
  return JSON.stringify(stored) === JSON.stringify(data)
}

// Of two sources of one entity the one that says to be the newer; where it says nothing, the first.
function isLater({ stateAtMs }: ImportEvent, last: RecordedEvent | undefined): boolean {
  return stateAtMs !== undefined && last !== undefined && stateAtMs > last.occurredAtMs
}
