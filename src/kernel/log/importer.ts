/**
 * What a module says of the files it can take over. Shapes only: walking folders, the ledger of
 * what was imported, and the transactions are in `kernel/import`.
 *
 * An importer reads and names; it keeps no state and writes nothing, so that a second reading of
 * the same bytes gives the same items. From that the ledger can tell what is new.
 */
import type { EventMetadata } from './types.ts'

/** Name of the module of events that no module knows; no other may have it. */
export const IMPORT_MODULE_NAME = 'import'

/** A file that may be imported. */
export interface ImportSource {
  /** Absolute. */
  readonly path: string
  /** Below the folder that was given to import, with `/`; of a file given itself, its name. */
  readonly relativePath: string
  /** The file's own name. */
  readonly name: string
  readonly sizeBytes: number
  /** When the file was last changed, in epoch milliseconds: the time of facts that have none. */
  readonly modifiedAtMs: number
  /** Names of everything in the same folder, in order; of huge folders the first 1,000. */
  readonly siblings: readonly string[]
  /** The first 4 KiB as text, read when asked for; empty for a database that may be in use. */
  peek(): string
}

/**
 * Where and how to read. Its fields are those that `readJsonl` takes, so that an importer of JSON
 * lines hands it on: `readJsonl({ path: source.path }, { ...context, firstKeyWins: ['type'] })`.
 */
export interface ImportContext {
  /** Byte to start at: the `endOffset` of the last item of an earlier reading, else 0. */
  readonly offset: number
  /** Number of the line at `offset`. */
  readonly line: number
  /** True for JSON lines: an unfinished end is a `torn` item, and will be read again. */
  readonly growing: boolean
  /** The members to be had of an object that is too long to be a value. */
  readonly longLines: readonly string[]
}

/** Where an item stands in its source; all of it in a source of JSON lines. */
export interface ImportPlace {
  /** From 1. */
  readonly line?: number | undefined
  readonly endLine?: number | undefined
  /** In bytes. */
  readonly offset?: number | undefined
  /** Exclusive. Items of one record share it; the next reading starts behind it. */
  readonly endOffset?: number | undefined
}

/** An event to store. */
export interface ImportEvent extends ImportPlace {
  readonly kind: 'event'
  readonly stream: string
  readonly type: string
  /** May be left `undefined` where `text` is given, and is then made of that when it is needed. */
  readonly data: unknown
  /**
   * The JSON text of `data`, on one line, when it is the source's own: it is stored as it stands where
   * the type has no schema, which is twice as fast and keeps digits that a number cannot hold.
   */
  readonly text?: string | undefined
  /**
   * In place of `text` and `data` where it is too large to be held as text: valid JSON in UTF-8, and
   * the bytes are overwritten. Only of events of the module `import`, which nothing folds.
   */
  readonly textBytes?: Buffer | undefined
  readonly metadata?: EventMetadata | undefined
  /** Epoch milliseconds; left out: when it is recorded. */
  readonly occurredAtMs?: number | undefined
  /**
   * What makes it the same fact in another copy of the source. Left out: its stream, type and
   * text. Facts that are equal within one source are all kept.
   */
  readonly identity?: string | undefined
  /**
   * Of a state: when it was so, as the source itself says. Of two sources that have the same entity the
   * later one is stored; left out, the first stays.
   */
  readonly stateAtMs?: number | undefined
  /**
   * True of a state that is only what was left of something cut off. It is stored where the entity
   * has no state yet; it never replaces a whole one, and is then kept as a reject.
   */
  readonly isPartial?: boolean | undefined
  /** True when a plain reader would have failed here. */
  readonly salvaged?: boolean | undefined
  readonly repairs?: readonly string[] | undefined
  /** The source's text, where it is not `text`. */
  readonly raw?: string | undefined
}

/** Something that could not be understood; kept as it was. */
export interface ImportReject extends ImportPlace {
  readonly kind: 'reject'
  readonly reason: string
  readonly raw: string
  /** The source's bytes, where they are not text. */
  readonly rawBase64?: string | undefined
  /** All of it, where `raw` is only its head. */
  readonly rawBytes?: Uint8Array | undefined
}

/** An unfinished end of JSON lines: noted, and read again when the file has grown. */
export interface ImportTorn extends ImportPlace {
  readonly kind: 'torn'
  readonly raw: string
  readonly rawBytes?: Uint8Array | undefined
}

/** What an importer yields, in the order of the source. */
export type ImportItem = ImportEvent | ImportReject | ImportTorn

/** Takes over one kind of file into a module's events. */
export interface Importer {
  /** Unique in its module. */
  readonly name: string
  /**
   * `'jsonl'`: a log that grows at its end, read on from where an earlier import ended.
   * `'file'`: read as a whole whenever it has changed.
   */
  readonly format: 'jsonl' | 'file'
  /**
   * True when a store that has events already is backed up before a source of this kind is taken
   * in that is new or has changed. Default false.
   */
  readonly backsUpFirst?: boolean
  /** Whether this file is of that kind; must not throw, and looks at names before it peeks. */
  matches(source: ImportSource): boolean
  /**
   * The items of the file. Content never makes it throw: what it does not understand it yields as
   * a reject.
   */
  read(source: ImportSource, context: ImportContext): Iterable<ImportItem>
}
