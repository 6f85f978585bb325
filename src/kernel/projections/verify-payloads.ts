/** Checks that each payload is what its hash says, and that none is missing. */
import type { Connection } from '../connection/connection.ts'
import { readPayload } from '../payloads/payloads.ts'
import type { Problems } from './problems.ts'

const PAGE = 100
const IDS = /* sql */ `SELECT id FROM payloads WHERE id > :after ORDER BY id LIMIT :limit`

/** Checks every payload, a page of ids at a time. */
export function verifyPayloads(connection: Connection, problems: Problems): void {
  for (let after = 0; ; ) {
    const page = connection.all<{ id: number }>(IDS, { after, limit: PAGE })
    for (const { id } of page) {
      try {
        readPayload(connection, id)
      } catch (error) {
        problems.add({ kind: 'payload', what: (error as Error).message })
      }
    }
    if (page.length < PAGE) return
    after = page.at(-1)?.id ?? after
  }
}
