/** Rows that are written a little later than they were given, where nobody can tell the difference. */

/** What a session has to have written before somebody could miss it. */
export interface DeferredRows {
  /** Writes what waits; the session runs nothing else in between. */
  write(): void
  /** Forgets what waits: its transaction, or the savepoint it belongs to, was rolled back. */
  drop(): void
}
