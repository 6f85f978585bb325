/** What the ids in an event row stand for, remembered by one reader. */
import type { Connection } from '../connection/connection.ts'
import { Names } from './interning.ts'
import type { Registry } from './registry.ts'
import { upcast } from './upcast.ts'

/** An event type as a reader needs it. */
export interface ReadType {
  readonly name: string
  /** The shape that this program knows; `undefined` when the module is not loaded. */
  readonly schemaVersion: number | undefined
}

// Names never change their ids, so these stay right; bounded, for streams can be millions.
const MAX_STREAMS = 50_000

/** Ids to names, for rows read through one connection. */
export class RowContext {
  readonly connection: Connection
  readonly registry: Registry
  readonly types: Names
  readonly streams: Names
  readonly origins: Names
  readonly #types = new Map<number, ReadType>()
  readonly #streams = new Map<number, string>()

  constructor(connection: Connection, registry: Registry) {
    this.connection = connection
    this.registry = registry
    this.types = new Names(connection, 'event_types')
    this.streams = new Names(connection, 'streams')
    this.origins = new Names(connection, 'origins')
  }

  typeOf(id: number): ReadType {
    const known = this.#types.get(id)
    if (known) return known
    const name = found(this.types.nameOf(id), 'event type', id)
    const type = { name, schemaVersion: this.registry.find(name)?.definition.version }
    // An uncommitted name may be rolled back, and its id given to another.
    if (!this.connection.isWriting) this.#types.set(id, type)
    return type
  }

  streamOf(id: number): string {
    const known = this.#streams.get(id)
    if (known !== undefined) return known
    const name = found(this.streams.nameOf(id), 'stream', id)
    if (this.#streams.size >= MAX_STREAMS) this.#streams.clear()
    if (!this.connection.isWriting) this.#streams.set(id, name)
    return name
  }

  originOf(id: number): string {
    return found(this.origins.nameOf(id), 'origin', id)
  }

  /** Data in the shape that this program knows. */
  upcast(type: ReadType, storedVersion: number, data: unknown): unknown {
    return upcast(this.registry, type.name, storedVersion, data)
  }
}

function found(name: string | undefined, what: string, id: number): string {
  if (name === undefined) throw new Error(`${what} ${id} has no name`)
  return name
}
