/** The `modules` and `migrations` tables: what is in this file, and since which version. */
import type { Connection } from '../connection/connection.ts'
import { raiseGeneration } from '../connection/generation.ts'

/** Made before everything else, since they say what else there is. */
export const LEDGER_TABLES = /* sql */ `
CREATE TABLE IF NOT EXISTS modules (
  name          TEXT PRIMARY KEY,
  version       INTEGER NOT NULL,
  behind_from   INTEGER,
  horizon       INTEGER NOT NULL DEFAULT 0,
  base_id       INTEGER,
  base_stream   INTEGER NOT NULL DEFAULT 0,
  holder        TEXT,
  shape         TEXT,
  updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS migrations (
  module        TEXT NOT NULL,
  id            TEXT NOT NULL,
  checksum      TEXT NOT NULL,
  is_additive   INTEGER NOT NULL,
  applied_at_ms INTEGER NOT NULL,
  PRIMARY KEY (module, id)
) STRICT, WITHOUT ROWID;
`

/** A row of `modules`. */
export interface ModuleRow {
  readonly name: string
  readonly version: number
  /** First sequence not folded; 0 when the tables must be made anew; `null` when at the head. */
  readonly behindFrom: number | null
  /** Sequence up to which events may be gone; the base holds the tables there. */
  readonly horizon: number
  readonly baseId: number | null
  /** Highest stream id that the base may hold rows of. */
  readonly baseStream: number
  /** Who has the store in exclusive mode: a process, and a part of the store object's own. */
  readonly holder: string | null
  /** JSON of a collection's or document's definition; `null` for modules made of code. */
  readonly shape: string | null
}

/** A row of `migrations`. */
export interface AppliedMigration {
  readonly module: string
  readonly id: string
  readonly checksum: string
  readonly isAdditive: number
  readonly appliedAtMs: number
}

const HAS_LEDGER = /* sql */ `
  SELECT count(*) AS tables FROM sqlite_schema WHERE type = 'table' AND name IN ('modules', 'migrations')`
const MODULES = /* sql */ `
  SELECT name, version, behind_from AS behindFrom, horizon, base_id AS baseId,
         base_stream AS baseStream, holder, shape
  FROM modules ORDER BY name`
const MIGRATIONS = /* sql */ `
  SELECT module, id, checksum, is_additive AS isAdditive, applied_at_ms AS appliedAtMs
  FROM migrations ORDER BY module, id`
const UPSERT_MODULE = /* sql */ `
  INSERT INTO modules (name, version, behind_from, shape, updated_at_ms)
  VALUES (:name, :version, :behindFrom, :shape, :nowMs)
  ON CONFLICT (name) DO UPDATE SET
    version = excluded.version, behind_from = excluded.behind_from, shape = excluded.shape,
    updated_at_ms = excluded.updated_at_ms`
const SET_BEHIND = /* sql */ `
  UPDATE modules SET behind_from = :behindFrom, updated_at_ms = :nowMs WHERE name = :name`
const SET_HORIZON = /* sql */ `
  UPDATE modules SET horizon = :horizon, base_id = :baseId, base_stream = :baseStream, updated_at_ms = :nowMs
  WHERE name = :name`
const SET_HOLDER = /* sql */ `
  UPDATE modules SET holder = :holder, updated_at_ms = :nowMs WHERE name = :name`
const RECORD = /* sql */ `
  INSERT INTO migrations (module, id, checksum, is_additive, applied_at_ms)
  VALUES (:module, :id, :checksum, :isAdditive, :nowMs)`

const FORGET = /* sql */ `DELETE FROM migrations WHERE module = :module AND id = :id`

/** False for a file that is new or being made. */
export function hasLedger(connection: Connection): boolean {
  return connection.get<{ tables: number }>(HAS_LEDGER)?.tables === 2
}

/** Every module known to the file, by name. */
export function readModules(connection: Connection): Map<string, ModuleRow> {
  return new Map(connection.all<ModuleRow>(MODULES).map((row) => [row.name, row]))
}

/** Every migration applied to the file. */
export function readMigrations(connection: Connection): AppliedMigration[] {
  return connection.all<AppliedMigration>(MIGRATIONS)
}

/** Adds or changes a module's row; raises the generation. */
export function saveModule(
  connection: Connection,
  module: Pick<ModuleRow, 'name' | 'version' | 'behindFrom' | 'shape'> & { nowMs: number },
): void {
  connection.run(UPSERT_MODULE, module)
  raiseGeneration(connection)
}

/** Says from which sequence on a module's tables lack events; raises the generation. */
export function setBehindFrom(
  connection: Connection,
  change: { name: string; behindFrom: number | null; nowMs: number },
): void {
  connection.run(SET_BEHIND, change)
  raiseGeneration(connection)
}

/** Moves a module's horizon, its base being stored; raises the generation. */
export function setHorizon(
  connection: Connection,
  change: Pick<ModuleRow, 'name' | 'horizon' | 'baseId' | 'baseStream'> & { nowMs: number },
): void {
  connection.run(SET_HORIZON, change)
  raiseGeneration(connection)
}

/** Names who alone may write, or nobody; raises the generation. */
export function setHolder(
  connection: Connection,
  change: { name: string; holder: string | null; nowMs: number },
): void {
  connection.run(SET_HOLDER, change)
  raiseGeneration(connection)
}

/** Records an applied migration, in the transaction that applied it. */
export function recordMigration(
  connection: Connection,
  applied: { module: string; id: string; checksum: string; isAdditive: number; nowMs: number },
): void {
  connection.run(RECORD, applied)
}

/** Forgets a migration, in the transaction that took back what it had done. */
export function forgetMigration(
  connection: Connection,
  migration: { module: string; id: string },
): void {
  connection.run(FORGET, migration)
}
