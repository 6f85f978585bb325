/**
 * Which bodies are to be packed, in a temporary table of the connection, and in what groups. The table is
 * made without a lock; whoever packs is given only what is still as it was then.
 */
import type { Connection } from '../../connection/connection.ts'
import { Checksums } from '../../log/checksum.ts'
import { EVENT_COLUMNS, type EventRow, isIntact } from '../../log/read-row.ts'
import type { RowContext } from '../../log/row-context.ts'
import { BODY_BYTES, IS_PACKED, textOf } from '../../log/stored-body.ts'

// Twice as much gains three percent, and the reading of one event then takes twice as long.
const PACK_BYTES = 32 * 1024
const MIN_PACK_BYTES = 8 * 1024
// Of a shorter one nothing is left to gain beside its place in the pack.
const MIN_BODY_BYTES = 64
const PAGE_ROWS = 500

const DROP_TABLES = /* sql */ `
  DROP TABLE IF EXISTS temp.pack_plan;
  DROP TABLE IF EXISTS temp.thin_packs`
// A pack is thin when less than half of it is still referred to.
const TABLES = /* sql */ `
  ${DROP_TABLES};
  CREATE TEMP TABLE pack_plan (sequence INTEGER PRIMARY KEY, pack_id INTEGER);
  CREATE TEMP TABLE thin_packs AS
    SELECT payload_id AS id FROM events WHERE ${IS_PACKED} GROUP BY payload_id
    HAVING sum(${BODY_BYTES}) * 2 < (SELECT size_bytes FROM payloads WHERE id = payload_id)`
const PLAN = /* sql */ `
  INSERT INTO temp.pack_plan SELECT sequence, payload_id FROM events
  WHERE sequence <= (SELECT max(sequence) FROM events) - :hotEvents AND CASE
    WHEN payload_id IS NULL THEN octet_length(data) >= ${MIN_BODY_BYTES}
    ELSE data <> '' AND payload_id IN (SELECT id FROM temp.thin_packs) END`
const TOTALS = /* sql */ `
  SELECT count(*) AS events, ifnull(sum(${BODY_BYTES}), 0) AS dataBytes
  FROM temp.pack_plan JOIN events USING (sequence)
  WHERE sequence NOT IN (SELECT sequence FROM temp.prune_plan)`
const PAGE = /* sql */ `
  SELECT ${EVENT_COLUMNS}, previous FROM temp.pack_plan JOIN events USING (sequence)
  WHERE sequence > :after AND payload_id IS pack_id AND data <> ''
  ORDER BY sequence LIMIT ${PAGE_ROWS}`

/** A row with its place in its stream. */
export interface PackableRow extends EventRow {
  readonly previous: number | null
}

/** What goes into one pack. */
export interface BodyGroup {
  readonly rows: readonly PackableRow[]
  /** Their bodies, in the same order. */
  readonly bodies: readonly Buffer[]
  readonly bytes: number
  /** Packs that some of them are in now. */
  readonly thinPacks: readonly number[]
}

/** Plans all that can be packed but for the newest `hotEvents` sequences. */
export function makePackPlan(connection: Connection, hotEvents: number): void {
  connection.exec(TABLES)
  connection.run(PLAN, { hotEvents })
}

/** Drops the plan's tables. */
export function forgetPackPlan(connection: Connection): void {
  connection.exec(DROP_TABLES)
}

/** How much was planned, but for what prune has planned to drop. */
export function packPlanTotals(connection: Connection): { events: number; dataBytes: number } {
  return (
    connection.get<{ events: number; dataBytes: number }>(TOTALS) ?? { events: 0, dataBytes: 0 }
  )
}

/**
 * The groups of the plan behind a sequence, in the order of the log. Read page by page and never with an
 * open statement, so that who asks may write in between.
 */
export function* groupsAfter(context: RowContext, sequence: number): Generator<BodyGroup> {
  const checksums = new Checksums()
  let group = new Group()
  for (let after = sequence; ; ) {
    const rows = context.connection.all<PackableRow>(PAGE, { after })
    for (const row of rows) {
      if (isWhole(context, checksums, row)) group.add(row, textOf(context.connection, row))
      if (group.bytes < PACK_BYTES) continue
      yield group
      group = new Group()
    }
    after = rows.at(-1)?.sequence ?? after
    if (rows.length < PAGE_ROWS) break
  }
  // What is left of a thin pack is packed however little it is, or the rest of that pack would stay.
  if (group.bytes >= MIN_PACK_BYTES || group.thinPacks.length > 0) yield group
}

function isWhole(context: RowContext, checksums: Checksums, row: PackableRow): boolean {
  try {
    return isIntact(context, checksums, row)
  } catch {
    return false
  }
}

class Group implements BodyGroup {
  readonly rows: PackableRow[] = []
  readonly bodies: Buffer[] = []
  readonly thinPacks: number[] = []
  bytes = 0

  add(row: PackableRow, text: string): void {
    const body = Buffer.from(text)
    this.rows.push(row)
    this.bodies.push(body)
    this.bytes += body.length
    if (row.payloadId !== null && row.payloadId !== this.thinPacks.at(-1)) {
      this.thinPacks.push(row.payloadId)
    }
  }
}
