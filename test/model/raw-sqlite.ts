/** The SQLite library without Holdfast in between, to damage a store's file with. */
import { createRequire } from 'node:module'

/** The part of better-sqlite3 that the tests use; the package brings no types. */
export interface RawDatabase {
  exec(sql: string): unknown
  prepare(sql: string): {
    run(...parameters: unknown[]): unknown
    get(...parameters: unknown[]): unknown
    all(...parameters: unknown[]): unknown[]
  }
  close(): void
}

const Library = createRequire(import.meta.url)('better-sqlite3') as new (
  path: string,
) => RawDatabase

/** Changes a closed store's file behind its back. */
export function tamper(path: string, change: (db: RawDatabase) => unknown): void {
  const db = new Library(path)
  try {
    db.exec('PRAGMA foreign_keys = OFF')
    change(db)
  } finally {
    db.close()
  }
}
