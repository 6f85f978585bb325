/** The shapes of a mirror's public face. */

/** Options of a mirror. */
export interface MirrorOptions {
  /** The file; made with its folder where there is none. A file that is no mirror is refused. */
  readonly path: string
  /** Only these types; `pipeline.*` is all that begin so. Default: all. */
  readonly types?: readonly string[]
  /**
   * Takes secrets out of what is written. Default false: lines have what the store has. A file that was begun
   * without secrets is refused where some would be written.
   */
  readonly isRedacting?: boolean
  /**
   * Size that the file does not exceed: before a line that would, it gets the name `<path>.1`, in place of
   * the one before it, and another is begun; only a line that is longer by itself makes a larger one.
   * Default 256 MiB; `Infinity` lets it grow for ever.
   */
  readonly maxBytes?: number
}

/** How far a mirror has come. */
export interface MirrorProgress {
  /** The file. */
  readonly path: string
  /** Everything up to here is in it, or not wanted. */
  readonly sequence: number
  /** Lines that this store object has written since the call before, on opening and after commits too. */
  readonly lines: number
}

/** The mirror that a store was opened with. */
export interface StoreMirror {
  /** Writes what is missing; throws what stands in the way. */
  catchUp(): MirrorProgress
  /** As `catchUp`, and goes on with what any process appends, until `signal` or the store's end. */
  follow(options?: MirrorFollowOptions): Promise<void>
}

/** Options of {@link StoreMirror.follow}. */
export interface MirrorFollowOptions {
  /** Ends it. */
  readonly signal?: AbortSignal
  /** Told whenever lines were written. */
  readonly onProgress?: (progress: MirrorProgress) => void
}

/** A mirror as the store knows it. */
export interface MirrorStatus {
  readonly path: string
  /** Its name among the consumers; `log.removeConsumer` forgets it. */
  readonly consumer: string
  /** Everything up to here is in it for certain; a little less than is. */
  readonly sequence: number
  readonly updatedAtMs: number
  /**
   * What keeps it from being written, or makes it late: in a process that has it what it met, in another
   * what its path shows; `null` for nothing.
   */
  readonly problem: string | null
}
