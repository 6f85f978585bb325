/** What prune is asked for, and what it says. */
import type { Connection } from '../../connection/connection.ts'
import type { Heads } from '../../log/heads.ts'
import type { Registry } from '../../log/registry.ts'
import type { RebuildContext } from '../../projections/rebuild.ts'

/** Options of `prune`. */
export interface PruneOptions {
  /** Says what would go, and changes nothing. */
  readonly dryRun?: boolean
  /** Packs the bodies of old events, which SQL can then no longer read. Default true. */
  readonly pack?: boolean
  /** Events at the end of the log that are not old: they are read and superseded next. Default 1,000. */
  readonly hotEvents?: number
  /** Folder for compressed segments of what is dropped, written before it is. */
  readonly archive?: string
  /** Told after each transaction. */
  readonly onProgress?: (progress: PruneProgress) => void
}

/** How far a prune has come: each step goes through the log from its beginning. */
export interface PruneProgress {
  readonly step: 'drop' | 'base' | 'pack'
  readonly sequence: number
}

/** Why an event goes: see docs/design/growth.md. */
export type PruneReason = 'superseded' | 'expired' | 'removed' | 'forgotten'

/** Events of one type that go for one reason. */
export interface PrunedType {
  readonly type: string
  readonly reason: PruneReason
  readonly events: number
  /** Bytes of their data, payloads included; the rows' own few bytes are not. */
  readonly dataBytes: number
}

/** A module's new horizon. */
export interface NewBase {
  /** The module whose tables it keeps. */
  readonly module: string
  /** The sequence up to which its events may be gone. */
  readonly horizon: number
  /** Bytes the base takes in the file; 0 when the module has no tables to keep. */
  readonly sizeBytes: number
}

/** Bodies of events that stay, moved into packs. */
export interface PackedBodies {
  readonly events: number
  /** Bytes of their bodies as JSON text. */
  readonly dataBytes: number
  /** Bytes that they take now; `null` in a dry run, which packs nothing. */
  readonly storedBytes: number | null
}

/** Something that prune leaves alone, and why. */
export interface PruneSkip {
  readonly what: string
  readonly why: string
}

/** What a prune did, or would do. */
export interface PruneReport {
  readonly dryRun: boolean
  /** By type and reason, most bytes first. */
  readonly types: readonly PrunedType[]
  readonly events: number
  readonly dataBytes: number
  readonly bases: readonly NewBase[]
  /** Answers to commands and keyed appends, kept for the seven days in which they may be repeated. */
  readonly receipts: number
  /** What was packed; in a dry run all that is looked at, of which some may stay as it is. */
  readonly packed: PackedBodies
  readonly skipped: readonly PruneSkip[]
  /** Consumers that have not moved for seven days: they hold nothing back, and will see a gap. */
  readonly idleConsumers: readonly string[]
  /** Archive segments written. */
  readonly segments: readonly string[]
  /** Bytes given back to the disk. */
  readonly reclaimedBytes: number
  /** Size of the file afterwards. */
  readonly sizeBytes: number
}

/** What prune works with. */
export interface PruneContext extends RebuildContext {
  readonly heads: Heads
  readonly registry: Registry
  /** Opens a further connection to the same file, for reading. */
  readonly openReader: () => Connection
}
