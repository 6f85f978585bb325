/**
 * The plan: every event that may go, why, and the event of its stream that comes after it, in
 * temporary tables of the connection. Made without a lock; whoever drops looks again.
 */
import type { Connection } from '../../connection/connection.ts'
import { STORED_BYTES } from '../../log/stored-body.ts'
import type { Rules } from './rules.ts'
import type { PrunedType, PruneReason } from './types.ts'

const TABLES = /* sql */ `
  DROP TABLE IF EXISTS temp.prune_types;
  DROP TABLE IF EXISTS temp.prune_plan;
  DROP TABLE IF EXISTS temp.prune_links;
  CREATE TEMP TABLE prune_types (
    type_id INTEGER PRIMARY KEY, module TEXT, is_latest INTEGER, supersedes INTEGER,
    expired_through INTEGER, removed_through INTEGER, forgotten_through INTEGER, horizon INTEGER, base_stream INTEGER);
  CREATE TEMP TABLE prune_plan (
    sequence INTEGER PRIMARY KEY, module TEXT, reason TEXT, needs_base INTEGER, checksum INTEGER,
    type_id INTEGER, data_bytes INTEGER);
  CREATE TEMP TABLE prune_links (sequence INTEGER PRIMARY KEY, successor INTEGER)`
const DROP_TABLES = /* sql */ `
  DROP TABLE IF EXISTS temp.prune_types;
  DROP TABLE IF EXISTS temp.prune_plan;
  DROP TABLE IF EXISTS temp.prune_links`
const ADD_TYPE = /* sql */ `INSERT INTO temp.prune_types VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`

// Only what is below the newest state or removal of the same module in the stream.
const ADD_SUPERSEDED = /* sql */ `
  INSERT INTO temp.prune_plan
  SELECT e.sequence, t.module, 'superseded',
    e.sequence > t.horizon AND e.stream_id <= t.base_stream, e.checksum, e.type_id, ${STORED_BYTES}
  FROM events e
  JOIN temp.prune_types t ON t.type_id = e.type_id AND t.is_latest
  JOIN (
    SELECT s.stream_id, st.module, max(s.sequence) AS newest
    FROM events s JOIN temp.prune_types st ON st.type_id = s.type_id AND st.supersedes
    GROUP BY s.stream_id, st.module) AS newest
    ON newest.stream_id = e.stream_id AND newest.module = t.module
  WHERE e.sequence < newest.newest AND e.sequence <= :through
    AND e.stream_id NOT IN (SELECT stream_id FROM quarantine)`
const ADD_EXPIRED = /* sql */ `
  INSERT OR IGNORE INTO temp.prune_plan
  SELECT e.sequence, t.module, 'expired', e.sequence > t.horizon, e.checksum, e.type_id,
    ${STORED_BYTES}
  FROM temp.prune_types t CROSS JOIN events e
  WHERE t.type_id = e.type_id AND e.sequence <= t.expired_through AND e.sequence <= :through
    AND t.expired_through > 0
    AND e.stream_id NOT IN (SELECT stream_id FROM quarantine)`
const ADD_REMOVED = /* sql */ `
  INSERT OR IGNORE INTO temp.prune_plan
  SELECT e.sequence, t.module, 'removed', e.sequence > t.horizon AND t.horizon > 0, e.checksum,
    e.type_id, ${STORED_BYTES}
  FROM temp.prune_types t CROSS JOIN events e
  WHERE t.type_id = e.type_id AND e.sequence <= t.removed_through AND e.sequence <= :through
    AND t.removed_through > 0 AND e.previous IS NULL
    AND e.stream_id NOT IN (SELECT stream_id FROM quarantine)`
// With max() the other columns are those of the row that has it: the type that the stream ended with.
const ADD_FORGOTTEN = /* sql */ `
  INSERT OR IGNORE INTO temp.prune_plan
  SELECT e.sequence, t.module, 'forgotten', e.sequence > t.horizon, e.checksum, e.type_id,
    ${STORED_BYTES}
  FROM (
    SELECT stream_id, type_id, max(sequence) AS newest FROM events GROUP BY stream_id) AS ended
  JOIN temp.prune_types r
    ON r.type_id = ended.type_id AND ended.newest <= r.forgotten_through AND ended.newest <= :through
  JOIN events e ON e.stream_id = ended.stream_id
  JOIN temp.prune_types t ON t.type_id = e.type_id AND t.module = r.module
  WHERE ended.stream_id NOT IN (SELECT stream_id FROM quarantine)`
const ADD_LINKS = /* sql */ `
  INSERT INTO temp.prune_links
  SELECT p.sequence, e.sequence FROM events e CROSS JOIN temp.prune_plan p
  WHERE p.sequence = e.previous`
const FORGET_FOLLOWED_REMOVALS = /* sql */ `
  DELETE FROM temp.prune_plan WHERE reason = 'removed'
    AND sequence IN (SELECT sequence FROM temp.prune_links)`
// A stream's newest event goes last of all, or its head would be another event than its version says.
const KEEP_ENDS = /* sql */ `
  WITH RECURSIVE before (head, at) AS (
    SELECT p.sequence, e.previous FROM temp.prune_plan p CROSS JOIN events e
    WHERE e.sequence = p.sequence AND e.previous IS NOT NULL
      AND p.sequence NOT IN (SELECT sequence FROM temp.prune_links)
    UNION ALL
    SELECT before.head, e.previous FROM before CROSS JOIN events e
    WHERE e.sequence = before.at AND e.previous IS NOT NULL
      AND before.at IN (SELECT sequence FROM temp.prune_plan))
  DELETE FROM temp.prune_plan WHERE sequence IN (
    SELECT head FROM before WHERE at NOT IN (SELECT sequence FROM temp.prune_plan))`
const TOTALS = /* sql */ `
  SELECT event_types.name AS type, reason, count(*) AS events, sum(data_bytes) AS dataBytes
  FROM temp.prune_plan JOIN event_types ON event_types.id = type_id
  GROUP BY type_id, reason ORDER BY dataBytes DESC`
const HORIZONS = /* sql */ `
  SELECT module, max(sequence) AS horizon FROM temp.prune_plan WHERE needs_base GROUP BY module`
const PAGE = /* sql */ `
  SELECT sequence, module, reason, checksum, type_id AS typeId, data_bytes AS dataBytes, successor
  FROM temp.prune_plan LEFT JOIN temp.prune_links USING (sequence)
  WHERE sequence > :after AND NOT needs_base ORDER BY sequence LIMIT :limit`

/** An event that may go. */
export interface PlannedDrop {
  readonly sequence: number
  readonly module: string
  readonly reason: PruneReason
  /** Tells whether the row is still the one that was planned for. */
  readonly checksum: number
  readonly typeId: number
  readonly dataBytes: number
  /** The stream's event after it when the plan was made. */
  readonly successor: number | null
}

/** Works out what may go, up to `through`. */
export function makePlan(connection: Connection, rules: Rules, through: number): void {
  connection.exec(TABLES)
  for (const rule of rules.types) {
    connection.run(ADD_TYPE, [
      rule.typeId,
      rule.module,
      rule.isLatest ? 1 : 0,
      rule.supersedes ? 1 : 0,
      rule.expiredThrough,
      rule.removedThrough,
      rule.forgottenThrough,
      rule.horizon,
      rule.baseStream,
    ])
  }
  connection.run(ADD_SUPERSEDED, { through })
  // A pass over the log each, so only where a type asks for it.
  if (rules.types.some((rule) => rule.expiredThrough > 0)) connection.run(ADD_EXPIRED, { through })
  if (rules.types.some((rule) => rule.removedThrough > 0)) connection.run(ADD_REMOVED, { through })
  if (rules.types.some((rule) => rule.forgottenThrough > 0)) {
    connection.run(ADD_FORGOTTEN, { through })
  }
  connection.run(ADD_LINKS)
  connection.run(FORGET_FOLLOWED_REMOVALS)
  connection.run(KEEP_ENDS)
}

/** Drops the plan's tables. */
export function forgetPlan(connection: Connection): void {
  connection.exec(DROP_TABLES)
}

/** The plan by type and reason. */
export function planTotals(connection: Connection): PrunedType[] {
  return connection.all<PrunedType>(TOTALS)
}

/** Where each module's horizon must move for everything planned to go. */
export function plannedHorizons(connection: Connection): { module: string; horizon: number }[] {
  return connection.all(HORIZONS)
}

/** The next of those that may go as things stand. */
export function planPage(connection: Connection, after: number, limit: number): PlannedDrop[] {
  return connection.all<PlannedDrop>(PAGE, { after, limit })
}
