/** What `status` says: which file and why, is it right, who holds it, what it holds. */
import { statSync } from 'node:fs'
import { walBytes } from '../connection/checkpointer.ts'
import { lockHolderPid } from '../connection/lock-holder.ts'
import type { Checkpoint } from '../follow/consumer.ts'
import { readLogId } from '../follow/waker.ts'
import type { Liveness } from '../leases/identity.ts'
import type { Lease } from '../leases/leases.ts'
import type { UnreadableEvent } from '../log/unreadable.ts'
import { freeBytes } from '../maintenance/prune/free-pages.ts'
import type { MirrorStatus } from '../mirror/types.ts'
import { listQuarantined, type QuarantinedEvent } from '../projections/quarantine.ts'
import type { Attachment } from './attachment.ts'
import { readGrowth, type TypeStatus } from './growth.ts'
import { readCheckpoints } from './mirror-statuses.ts'
import type { Mode } from './store-types.ts'

const MAX_LISTED = 20

const COUNTS = /* sql */ `
  SELECT (SELECT count(*) FROM streams) AS streams,
         (SELECT ifnull(max(sequence), 0) FROM events) AS head,
         (SELECT ifnull(sum(octet_length(body)), 0) FROM payloads) AS payloadBytes,
         (SELECT count(*) FROM rejects) AS rejects`

/** A module as the store has it. */
export interface ModuleStatus {
  readonly name: string
  /** Version in the store. */
  readonly version: number
  readonly isLoaded: boolean
  /** First sequence its tables lack; 0 when they must be made anew; `null` when they are current. */
  readonly behindFrom: number | null
  /** Events up to this sequence may be gone. */
  readonly horizon: number
}

/** The state of a store at one moment. */
export interface StoreStatus {
  readonly path: string
  /** Why this file. */
  readonly why: string
  readonly mode: Mode
  readonly attached: boolean
  readonly logId: string | null
  readonly driver: string | null
  readonly sqliteVersion: string | null
  readonly sizeBytes: number
  readonly walBytes: number
  /** Bytes of the file that are free: new events use them, and `prune` gives them back. */
  readonly freeBytes: number
  /** Bytes of large bodies and bases, as stored. */
  readonly payloadBytes: number
  /** Sequence of the newest event. */
  readonly head: number
  /** Events present; fewer than the head where some were dropped. */
  readonly events: number
  readonly streams: number
  readonly modules: readonly ModuleStatus[]
  /** Who has the store in exclusive mode: a process, and a part of the store object's own. */
  readonly holder: string | null
  /** Process id of whoever is writing right now, where the system tells. */
  readonly writerPid: number | null
  readonly leases: readonly (Lease & { readonly liveness: Liveness })[]
  /** Durable consumers; a mirror's own row is in `mirrors`. */
  readonly consumers: readonly Checkpoint[]
  /** Files that the log is written to, whoever does it. */
  readonly mirrors: readonly MirrorStatus[]
  readonly quarantined: readonly QuarantinedEvent[]
  /** Events that could not be read when somebody came to them; `verify` looks for others. */
  readonly unreadable: readonly UnreadableEvent[]
  /** What imports could not take and keep in the table `rejects`. */
  readonly rejects: number
  /** The types that take the most room, largest first. */
  readonly types: readonly TypeStatus[]
  /** True when `events` and `types` are estimated from samples: of a log with more than 20,000. */
  readonly isEstimate: boolean
  readonly atMs: number
}

const NOTHING = {
  logId: null,
  driver: null,
  sqliteVersion: null,
  sizeBytes: 0,
  walBytes: 0,
  freeBytes: 0,
  payloadBytes: 0,
  head: 0,
  events: 0,
  streams: 0,
  modules: [],
  holder: null,
  writerPid: null,
  leases: [],
  consumers: [],
  mirrors: [],
  quarantined: [],
  unreadable: [],
  rejects: 0,
  types: [],
  isEstimate: false,
} as const

/** Reads the status; of a store that is not there yet, little more than where it would be. */
export function readStatus(attachment: Attachment, mode: Mode, atMs: number): StoreStatus {
  const { path, why } = attachment
  const where = { path, why, mode, attached: attachment.isAttached, atMs }
  if (!attachment.isAttached) return { ...NOTHING, ...where }
  const { connection, states, registry, owners, reader, unreadable } = attachment.kernel
  states.refresh()
  const counts =
    connection.get<Record<'streams' | 'head' | 'payloadBytes' | 'rejects', number>>(COUNTS)
  const { streams = 0, head = 0, payloadBytes = 0, rejects = 0 } = counts ?? {}
  return {
    ...where,
    logId: readLogId(connection),
    driver: connection.driver.name,
    sqliteVersion: connection.driver.sqliteVersion,
    sizeBytes: statSync(path, { throwIfNoEntry: false })?.size ?? 0,
    walBytes: walBytes(path),
    freeBytes: freeBytes(connection),
    payloadBytes,
    head,
    streams,
    ...readGrowth(connection),
    modules: states.rows().map(({ name, version, behindFrom, horizon }) => {
      return { name, version, behindFrom, horizon, isLoaded: registry.modules.has(name) }
    }),
    holder: states.rows().find((row) => row.holder !== null)?.holder ?? null,
    writerPid: lockHolderPid(path) ?? null,
    leases: owners.leases.list(),
    ...readCheckpoints(attachment.kernel, atMs),
    quarantined: listQuarantined(connection, MAX_LISTED),
    unreadable: unreadable.list(reader).slice(0, MAX_LISTED),
    rejects,
  }
}
