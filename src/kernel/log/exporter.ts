/**
 * The way out: how a module writes what it keeps as files that the tool it took them from can read, for
 * `export --json` and for mirrors. Importing the files into a fresh store gives the same tables.
 */
import type { EventMetadata } from './types.ts'

/** An event on its way out; `text` is its data as it is stored. */
export interface OutgoingEvent {
  readonly stream: string
  readonly type: string
  readonly text: string
  readonly metadata: EventMetadata | null
  /** When it happened, in epoch milliseconds. */
  readonly atMs: number
}

/** One file of the export. */
export interface OutgoingFile {
  /** Below the folder, with `/`. */
  readonly path: string
  /** Parts of its text, written as they come. */
  readonly text: Iterable<string>
}

/** Makes the files of a module from its events; each call of `events` reads the log anew. */
export type Exporter = (events: () => Iterable<OutgoingEvent>) => Iterable<OutgoingFile>

/**
 * How a module writes one event as a line of its tool's log, for mirrors: the text of a JSON object, or
 * `undefined` for none.
 */
export type EventLine = (event: OutgoingEvent) => string | undefined
