/**
 * The table `import_rows`: of each entity that a file gave the state of, the hash of what the file
 * said and the version of the stream that it became. From these two it can tell whether the file,
 * the store or both have changed since.
 */
import type { Connection } from '../connection/connection.ts'

/** What was last imported of an entity from one source. */
export interface ImportedRow {
  readonly hash: Uint8Array
  readonly version: number
}

const FIND = /* sql */ `SELECT hash, version FROM import_rows WHERE import_id = ? AND stream = ?`
const SAVE = /* sql */ `
  INSERT INTO import_rows (import_id, stream, hash, version)
  VALUES (:importId, :stream, :hash, :version)
  ON CONFLICT (import_id, stream) DO UPDATE SET hash = excluded.hash, version = excluded.version`

// By the key of `import_rows`, since a row of another target says nothing of the entity.
const OTHER_SOURCE = /* sql */ `
  SELECT path FROM imports CROSS JOIN import_rows ON import_rows.import_id = imports.id
  WHERE imports.target = (SELECT target FROM imports WHERE id = :importId)
    AND imports.id <> :importId AND stream = :stream AND version = :version
  LIMIT 1`

/** The path of another source that the entity is from, as it stands in the store at this version. */
export function findOtherSource(
  connection: Connection,
  importId: number,
  stream: string,
  version: number,
): string | undefined {
  return connection.get<{ path: string }>(OTHER_SOURCE, { importId, stream, version })?.path
}

/** What this source said of the entity when it was last imported. */
export function findRow(
  connection: Connection,
  importId: number,
  stream: string,
): ImportedRow | undefined {
  return connection.get<ImportedRow>(FIND, [importId, stream])
}

/** Remembers what the source says now. */
export function saveRow(
  connection: Connection,
  importId: number,
  stream: string,
  row: ImportedRow,
): void {
  connection.run(SAVE, { importId, stream, ...row })
}
