/** What import is asked for and what it answers. */

/** How a source is to be taken, where the rule's own answer is not wanted. */
export type ImportAs = Readonly<Record<string, string>>

/** Options of planning an import. */
export interface PlanOptions {
  /**
   * By path below the folder, file name, or pattern with `*`: `'events'`, `'document'`,
   * `'collection'`, `'skip'`, with a name of one's own (`'events:log'`) and, for a collection, the
   * field that names an item (`'collection:tasks:key=slug'`, `'collection:key=slug'`).
   */
  readonly as?: ImportAs
}

/** Where an import stands; called after each transaction. */
export interface ImportProgress {
  readonly path: string
  readonly bytesDone: number
  readonly sizeBytes: number
  /** Events stored by this run so far. */
  readonly stored: number
  readonly sourcesDone: number
  readonly sources: number
}

/** Options of an import. */
export interface ImportOptions extends PlanOptions {
  /**
   * Renames each source that was imported whole to a numbered `.bak`, after it was read once more
   * and compared. Default false.
   */
  readonly retire?: boolean
  /** Told where the import stands, after each transaction. */
  readonly onProgress?: (progress: ImportProgress) => void
}

/** What a source becomes. */
export type Becomes = 'module' | 'events' | 'collection' | 'document' | 'nothing'

/** Whether a source was imported before. */
export type SourceState = 'new' | 'grown' | 'changed' | 'unchanged'

/** One source, as it would be imported. */
export interface PlannedImport {
  readonly path: string
  readonly relativePath: string
  readonly becomes: Becomes
  /** `module:importer`, or the name of the log, collection or document; `null` for nothing. */
  readonly target: string | null
  /** Field that names an item; of collections only. */
  readonly key: string | null
  /** Why so. */
  readonly why: string
  /** An entry of `as` that would take it otherwise. */
  readonly override: ImportAs
  readonly sizeBytes: number
  readonly state: SourceState
}

/** A file that is passed over. */
export interface SkippedFile {
  readonly path: string
  readonly why: string
}

/** What an import would do. */
export interface ImportPlan {
  readonly sources: readonly PlannedImport[]
  /** The first 1,000 of them. */
  readonly skipped: readonly SkippedFile[]
  readonly skippedCount: number
  /** Patterns of `as` that fit no file. */
  readonly unusedAs: readonly string[]
}

/** Counts of one source or of a whole run. */
export interface ImportCounts {
  /** Items met. */
  readonly read: number
  /** Events appended. */
  readonly stored: number
  /** Of those stored, how many a plain reader would have lost. */
  readonly salvaged: number
  /** Known already, from this source or a copy of it. */
  readonly duplicate: number
  /** Kept in `rejects`. */
  readonly rejected: number
  /** Changed in the file and in the store: the store's row was kept, the file's is in `rejects`. */
  readonly kept: number
  /** Of those stored, how many a table refused: they wait in the quarantine. */
  readonly quarantined: number
}

/** Something that could not be understood. */
export interface RejectedItem {
  readonly line: number | null
  readonly endLine: number | null
  readonly reason: string
  /** Its first 200 characters; all of it is in the table `rejects`. */
  readonly raw: string
}

/** What became of one source. */
export interface SourceReport extends ImportCounts {
  readonly path: string
  readonly relativePath: string
  readonly becomes: Becomes
  readonly target: string | null
  /** `'unchanged'`: not read, since the ledger knows these bytes. `'failed'`: see `problem`. */
  readonly outcome: 'imported' | 'unchanged' | 'failed'
  readonly problem: string | null
  /** The first 20. */
  readonly rejects: readonly RejectedItem[]
  /** Bytes at the end that are no whole record yet. */
  readonly unfinishedBytes: number
  /** Where the source is now, when it was retired. */
  readonly retiredTo: string | null
  /** Why it was not retired, when that was asked for. */
  readonly notRetired: string | null
}

/** What an import did. */
export interface ImportReport extends ImportCounts {
  /** The backup that an importer asked for; `null` when none did. */
  readonly backup: string | null
  readonly sources: readonly SourceReport[]
  readonly skipped: readonly SkippedFile[]
  readonly skippedCount: number
  /** Patterns of `as` that fit no file; an import in which none does is refused. */
  readonly unusedAs: readonly string[]
}
