/**
 * Appending what was imported. It differs from an append in three things: the source's own text is
 * stored as it stands, an event that a table refuses stays in the log and waits in the quarantine,
 * and an event whose module is not loaded is stored for whoever has the module.
 */
import type { Connection } from '../connection/connection.ts'
import { raiseGeneration } from '../connection/generation.ts'
import { isStoreError, StoreError } from '../errors.ts'
import { encodeData } from '../log/encode.ts'
import { event as defineEvent, type EventDefinition } from '../log/event-definition.ts'
import { IMPORT_MODULE_NAME, type ImportEvent } from '../log/importer.ts'
import type { LogReader } from '../log/log-reader.ts'
import type { LogWriter } from '../log/log-writer.ts'
import type { Module } from '../log/module.ts'
import { moduleOf, type RegisteredType, type Registry } from '../log/registry.ts'
import type { RecordedEvent } from '../log/types.ts'
import { readModules, saveModule, setBehindFrom } from '../migrations/ledger.ts'
import type { PackedText } from '../payloads/pack-in-place.ts'
import { Folder, isQuarantinable } from '../projections/fold.ts'
import type { ModuleStates } from '../projections/module-states.ts'
import { quarantine, WAITS } from '../projections/quarantine.ts'
import { isPlain, PlainRun } from './plain-run.ts'
import { dataOf } from './record-hash.ts'

/** The parts of an open store that import works on. */
export interface ImportTarget {
  readonly connection: Connection
  readonly registry: Registry
  readonly states: ModuleStates
  readonly writer: LogWriter
  readonly reader: LogReader
  /** Epoch milliseconds. */
  readonly clock: () => number
}

/** An event, and in place of its text what that was packed to, where it is too large. */
export type LargeEvent = ImportEvent & { readonly packed?: PackedText | undefined }

/** What became of an event. */
export type Appended =
  | {
      readonly kind: 'stored'
      readonly sequence: number
      readonly version: number
      readonly isQuarantined: boolean
    }
  /** The stream already ends with this state. */
  | { readonly kind: 'same'; readonly version: number }
  | { readonly kind: 'invalid'; readonly reason: string }

const UNKNOWN: EventDefinition = defineEvent()

/** Appends imported events inside write transactions. */
export class ImportAppender {
  readonly #target: ImportTarget
  readonly #folder: Folder
  readonly #plain: PlainRun
  /**
   * True after a fold has failed in this transaction, which is then done again with each fold in a
   * savepoint of its own. Two more statements an event are not paid where everything folds.
   */
  isCareful = false

  constructor(target: ImportTarget) {
    this.#target = target
    this.#folder = new Folder(target.connection, target.registry.folding)
    this.#plain = new PlainRun(target.writer)
  }

  /** Appends one event; throws what `isQuarantinable` names only while not careful. */
  append(event: LargeEvent): Appended {
    const registered = this.#target.registry.find(event.type)
    if (event.packed) return this.#appendPacked(registered, event, event.packed)
    try {
      if (registered && event.text !== undefined && isRecord(registered.definition)) {
        return this.#appendText(registered, event, event.text)
      }
      this.#plain.flush()
      return registered ? this.#appendValue(registered, event) : this.#appendUnknown(event)
    } catch (error) {
      if (isStoreError(error, 'EVENT_INVALID') || isStoreError(error, 'ARGUMENT_INVALID')) {
        return { kind: 'invalid', reason: error.message }
      }
      throw error
    }
  }

  /** Writes what waits for more of its kind. Last thing in each transaction, and before reading. */
  flush(): void {
    this.#plain.flush()
  }

  /** Takes back what waits: the transaction's work is undone. */
  discard(): void {
    this.#plain.discard()
  }

  #appendText({ module, definition }: RegisteredType, event: ImportEvent, text: string): Appended {
    this.#target.states.ensureCurrent(module)
    // It has no tables, so that nothing waits for the event nor can refuse it.
    if (module.name === IMPORT_MODULE_NAME && isPlain(event, text)) {
      const { sequence, version } = this.#plain.add(event, definition.version, text)
      return { kind: 'stored', sequence, version, isQuarantined: false }
    }
    this.#plain.flush()
    const isFolded = module.name !== IMPORT_MODULE_NAME
    const whole = isFolded ? { ...event, data: dataOf(event) } : event
    const inserted = this.#insert(whole, definition, text)
    const isQuarantined = this.#fold(module, inserted)
    return { kind: 'stored', ...placeOf(inserted), isQuarantined }
  }

  // Whatever folds an event or looks at its data would need the value that nobody has made.
  #appendPacked(
    registered: RegisteredType | undefined,
    event: ImportEvent,
    packed: PackedText,
  ): Appended {
    if (registered?.module.name !== IMPORT_MODULE_NAME) {
      throw new StoreError('IMPORT_INVALID', `an event '${event.type}' was given as bytes`, {
        hint: `only events of the module '${IMPORT_MODULE_NAME}' can be: nothing folds them`,
      })
    }
    this.#plain.flush()
    const inserted = this.#insert(event, registered.definition, '', packed)
    return { kind: 'stored', ...placeOf(inserted), isQuarantined: false }
  }

  // States and validated data take the usual way; only when its fold fails is the event put in
  // beside it, superseding nothing, for what it would replace is still what the table shows.
  #appendValue({ module, definition }: RegisteredType, event: ImportEvent): Appended {
    const { connection, writer } = this.#target
    const { stream, type, text, metadata, occurredAtMs } = event
    this.#target.states.ensureCurrent(module)
    const data = dataOf(event)
    const newEvent = {
      type,
      ...(metadata === undefined ? {} : { metadata }),
      ...(occurredAtMs === undefined ? {} : { occurredAtMs }),
    }
    const ownText = storesText(definition) ? text : undefined
    const whole = { ...event, data }
    if (this.#target.states.isBlocked(module.name, stream)) {
      const stored = ownText ?? encodeData(type, definition, data).text
      const inserted = this.#insert(whole, definition, stored)
      this.#fold(module, inserted)
      return { kind: 'stored', ...placeOf(inserted), isQuarantined: true }
    }
    const append = () =>
      ownText === undefined
        ? writer.append(stream, [{ ...newEvent, data }])
        : writer.appendEncoded(stream, newEvent, { text: ownText, value: data })
    try {
      const { version, sequence, appended } = this.isCareful
        ? connection.savepoint(append)
        : append()
      if (appended === 0) return { kind: 'same', version }
      return { kind: 'stored', sequence, version, isQuarantined: false }
    } catch (error) {
      if (!this.isCareful || !isQuarantinable(error)) throw error
      const inserted = this.#insert(whole, definition, ownText ?? JSON.stringify(data))
      this.#setAside(module, inserted, (error as Error).message)
      return { kind: 'stored', ...placeOf(inserted), isQuarantined: true }
    }
  }

  #appendUnknown(event: ImportEvent): Appended {
    const inserted = this.#insert(event, UNKNOWN, event.text ?? JSON.stringify(event.data))
    this.#noteBehind(moduleOf(event.type), inserted.sequence)
    return { kind: 'stored', ...placeOf(inserted), isQuarantined: false }
  }

  #insert(
    event: ImportEvent,
    definition: EventDefinition,
    text: string,
    packed?: PackedText,
  ): RecordedEvent {
    const { writer } = this.#target
    const head = writer.headOf(event.stream)
    const inserted = writer.inserter.insert(event.stream, head, {
      type: event.type,
      typeId: writer.types.intern(event.type),
      schemaVersion: definition.version,
      data: { text, value: event.data },
      packed,
      metadata: event.metadata,
      occurredAtMs: event.occurredAtMs,
      previous: head.sequence,
    })
    writer.heads.setStream(inserted.head)
    return inserted.event
  }

  #fold(module: Module, event: RecordedEvent): boolean {
    const { connection, states, clock } = this.#target
    if (states.isBlocked(module.name, event.stream)) {
      quarantine(connection, module.name, event, { error: WAITS, nowMs: clock() })
      return true
    }
    if (!this.isCareful) {
      this.#folder.fold(module, event)
      return false
    }
    try {
      connection.savepoint(() => this.#folder.fold(module, event))
      return false
    } catch (error) {
      if (!isQuarantinable(error)) throw error
      this.#setAside(module, event, (error as Error).message)
      return true
    }
  }

  // The generation rises, so that every writer learns that the stream waits.
  #setAside(module: Module, event: RecordedEvent, error: string): void {
    const { connection, states, clock } = this.#target
    quarantine(connection, module.name, event, { error, nowMs: clock() })
    raiseGeneration(connection)
    states.refresh()
  }

  #noteBehind(name: string, sequence: number): void {
    const { connection, states, clock } = this.#target
    const row = readModules(connection).get(name)
    const nowMs = clock()
    // A module that the store has never seen has version 0: its first opener folds from the start.
    if (!row) saveModule(connection, { name, version: 0, behindFrom: 0, shape: null, nowMs })
    else if (row.behindFrom === null) {
      setBehindFrom(connection, { name, behindFrom: sequence, nowMs })
    } else return
    states.refresh()
  }
}

// What is stored must be what a schema gave, and without what is to be redacted.
function storesText({ schema, redact }: EventDefinition): boolean {
  return schema === undefined && redact.length === 0
}

// A state may change nothing, and takes the place of the one before.
function isRecord(definition: EventDefinition): boolean {
  return storesText(definition) && !definition.isState && !definition.removes
}

function placeOf({ sequence, version }: RecordedEvent): { sequence: number; version: number } {
  return { sequence, version }
}
