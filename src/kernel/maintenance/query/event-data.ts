/**
 * The function `event_data(sequence)` of queries: the data of an event as JSON text, wherever its body is.
 * Most stand in their row; those that are large or were packed do not (docs/design/format.md).
 */
import type { Connection } from '../../connection/connection.ts'
import type { Driver } from '../../driver/driver.ts'
import { readStoredText } from '../../log/stored-body.ts'

/**
 * Defines it, where the library can. It reads through a connection of its own, opened at its first call:
 * the one that calls it is busy.
 */
export function defineEventData(driver: Driver, open: () => Connection): void {
  let log: Connection | undefined
  driver.defineFunction?.('event_data', (sequence) => {
    if (typeof sequence !== 'number') return null
    log ??= open()
    const connection = log
    return connection.read(() => readStoredText(connection, sequence)) ?? null
  })
}
