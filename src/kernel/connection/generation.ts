/**
 * The generation: `PRAGMA user_version`, raised in the same transaction as any change to a row
 * of `modules`. A process that sees it moved reads those rows again before it writes.
 */
import type { Connection } from './connection.ts'

const READ = /* sql */ `PRAGMA user_version`

/** The generation now. */
export function readGeneration(connection: Connection): number {
  return Number(connection.values(READ)[0]?.[0])
}

/** Raises the generation by one, inside the caller's write transaction. */
export function raiseGeneration(connection: Connection): number {
  const next = readGeneration(connection) + 1
  // A pragma takes no parameters; `next` is a number we made.
  connection.exec(`PRAGMA user_version = ${next}`)
  return next
}
