/** The shapes of port blocks: what is granted, what is listed, and what may be configured. */
import type { Liveness } from './identity.ts'

/** Where blocks lie. Registries may overlap: no port is ever in two held blocks. */
export interface PortLayout {
  /** Keys are unique within it, so that one project can have a block in each. Default `'default'`. */
  readonly registry?: string
  /** The first port of the first block. Default 4200. */
  readonly base?: number
  /** Ports a block. Default 100; at most 1,000. */
  readonly size?: number
  /** How many blocks. Default: as many as fit up to port 9999. */
  readonly count?: number
  /** Ports whose blocks are left out. Default `[5000]`, which macOS keeps for itself. */
  readonly reserved?: readonly number[]
}

/** A layout with nothing left open. */
export type SettledLayout = Required<PortLayout>

/** Consecutive ports that belong to one key: `base` to `base + size - 1`. */
export interface PortBlock {
  readonly base: number
  readonly size: number
  readonly registry: string
  /** Whose it is: the canonical path of a project, `remote:…`, or a name. */
  readonly key: string
  /** A reservation is the first half of a claim, and expires; an active block does not. */
  readonly state: 'reserved' | 'active'
  /** Rises with each grant of this base; a stale holder carries a smaller one. */
  readonly fencingToken: number
  /** Epoch milliseconds; `null` once active. */
  readonly expiresAtMs: number | null
  readonly registeredAtMs: number
  readonly lastUsedAtMs: number
}

/** A block as listed. */
export interface PortBlockStatus extends Omit<PortBlock, 'state'> {
  /** `'occupied'`: found in use by a program that has no block; looked at again when it expires. */
  readonly state: 'reserved' | 'active' | 'occupied'
  /** The process that used it last, as an identity; empty when it is known to have ended. */
  readonly process: string
  /** `'none'` when no process is named. */
  readonly liveness: Liveness | 'none'
  /** Whether the path of the key is there; `null` for keys that are no path. */
  readonly pathExists: boolean | null
}

/** A change of a block's holder. */
export interface PortChange {
  readonly kind: 'claimed' | 'released'
  readonly block: Pick<PortBlock, 'base' | 'size' | 'registry' | 'key' | 'fencingToken'>
}

/** What {@link Ports.reap} does, or would do, with one block. */
export interface PortReaping {
  readonly base: number
  readonly key: string
  /** `'forget-process'`: the block stays its project's; only the ended process is taken off it. */
  readonly action: 'free' | 'forget-process'
  readonly reason: 'reservation-expired' | 'process-ended' | 'path-missing' | 'occupation-expired'
}

/** Options of {@link Ports.reap}. */
export interface PortReapOptions {
  /** True shows what would be done and changes nothing. Default true. */
  readonly dryRun?: boolean
  /**
   * How long after its last use the block of a missing path is kept, in milliseconds: a disk may be
   * unmounted for a while. Default one hour.
   */
  readonly graceMs?: number
}
