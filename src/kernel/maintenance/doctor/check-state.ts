/** What the kernel's tables say of things that were left behind. */

import type { Connection } from '../../connection/connection.ts'
import { MAX_WAL_BYTES } from '../../connection/pragmas.ts'
import type { Leases } from '../../leases/leases.ts'
import type { Ports } from '../../leases/ports.ts'
import type { Presence } from '../../leases/presence.ts'
import type { Finding } from '../../log/finding.ts'
import type { ModuleRow } from '../../migrations/ledger.ts'

/** Who may have left something. */
export interface LeftBehindCheck {
  readonly leases: Leases
  readonly ports: Ports
  readonly presence: Presence
}

/** Where the kernel stands. */
export interface BookkeepingCheck {
  readonly connection: Connection
  readonly modules: readonly ModuleRow[]
  readonly nowMs: number
}

const MAX_PAGES = 20
const IDLE_CONSUMER_MS = 7 * 86_400_000

const QUICK_CHECK = /* sql */ `PRAGMA quick_check(${MAX_PAGES})`
const QUARANTINED = /* sql */ `
  SELECT module, count(*) AS events, min(sequence) AS first FROM quarantine GROUP BY module`
const IDLE = /* sql */ `
  SELECT consumer, sequence FROM checkpoints WHERE updated_at_ms < ? ORDER BY consumer`
const CHECKPOINT = /* sql */ `PRAGMA wal_checkpoint(TRUNCATE)`

/** Damaged pages, as SQLite sees them. */
export function checkPages(connection: Connection): Finding[] {
  const found = connection.values(QUICK_CHECK).map(([text]) => String(text))
  return found
    .filter((text) => text !== 'ok')
    .map((what) => ({
      ...{ kind: 'pages', severity: 'damage', what },
      hint: 'restore a backup (holdfast backups list), or export what can be read',
    }))
}

/** Events set aside, tables behind, consumers that nobody runs. */
export function checkBookkeeping({ connection, modules, nowMs }: BookkeepingCheck): Finding[] {
  const quarantined = connection.all<{ module: string; events: number; first: number }>(QUARANTINED)
  const idle = connection.all<{ consumer: string; sequence: number }>(IDLE, [
    nowMs - IDLE_CONSUMER_MS,
  ])
  return [
    ...quarantined.map(
      ({ module, events, first }): Finding => ({
        ...{ kind: 'quarantine', severity: 'fault' },
        what: `${events} events of module '${module}' could not be folded, from ${first} on`,
        hint: 'see why: holdfast verify; with corrected code: holdfast rebuild',
      }),
    ),
    ...modules.flatMap(({ name, behindFrom }): Finding[] => {
      if (behindFrom === null) return []
      const what = `the tables of module '${name}' lack events from ${behindFrom} on`
      return [{ kind: 'behind', severity: 'fault', what, hint: 'fold them: holdfast rebuild' }]
    }),
    ...idle.map(
      ({ consumer, sequence }): Finding => ({
        ...{ kind: 'consumer-idle', severity: 'note' },
        what: `consumer '${consumer}' has stood at ${sequence} for more than a week`,
        hint: 'events are kept for it; forget it where nobody uses it: store.log.forget()',
      }),
    ),
  ]
}

/** Leases, presence and ports of processes that have ended. */
export function checkLeftBehind({ leases, ports, presence }: LeftBehindCheck): Finding[] {
  const dead = leases.list().filter(({ liveness }) => liveness === 'dead')
  const silent = presence.reap()
  const blocks = ports.reap()
  return [
    ...dead.map(
      (lease): Finding => ({
        ...{ kind: 'lease-stale', severity: 'fault' },
        what: `lease '${lease.name}' is held by ${lease.owner}, which has ended`,
        hint: 'whoever wants it gets it at once',
        repair: { does: `gives lease '${lease.name}' back`, run: () => leases.release(lease) },
      }),
    ),
    ...silent.map(
      ({ name }): Finding => ({
        ...{ kind: 'presence-stale', severity: 'note' },
        what: `'${name}' was here and has ended`,
        hint: 'it is listed until it is forgotten',
        repair: {
          does: `forgets the presence of '${name}'`,
          run: () => void presence.reap({ dryRun: false }),
        },
      }),
    ),
    ...blocks.map(
      ({ base, key, action, reason }): Finding => ({
        // A project keeps its ports between two runs: that nobody runs there is no fault.
        ...{ kind: 'ports-stale', severity: action === 'free' ? 'fault' : 'note' },
        what: `the ports from ${base} of ${key}: ${reason}`,
        hint: 'see them: holdfast farm ports',
        repair: {
          does:
            action === 'free' ? `frees the ports from ${base}` : `takes its process off ${base}`,
          run: () => void ports.reap({ dryRun: false }),
        },
      }),
    ),
  ]
}

/** A write-ahead log that nobody has cut. */
export function checkWal(connection: Connection, walBytes: number): Finding[] {
  if (walBytes <= MAX_WAL_BYTES) return []
  const what = `the write-ahead log has ${walBytes} bytes, more than ${MAX_WAL_BYTES}`
  const run = () => void connection.values(CHECKPOINT)
  return [
    {
      ...{ kind: 'wal-large', severity: 'fault', what },
      hint: 'it cannot be cut while somebody reads: close old readers',
      repair: { does: 'writes it into the store, and cuts it', run },
    },
  ]
}
