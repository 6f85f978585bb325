/** SQL for reading, from outside any transaction or inside one, on whatever the store is attached to. */
import type { SqlParameters, SqlRow } from '../driver/driver.ts'
import type { Attachment } from './attachment.ts'
import type { SqlFace } from './store-types.ts'

/** The read-only SQL of a store that may not be there yet. */
export function sqlFace(attachment: Attachment): SqlFace {
  return {
    get: <Row = SqlRow>(sql: string, parameters?: SqlParameters) =>
      attachment.kernel.connection.queryFirst<Row>(sql, parameters),
    all: <Row = SqlRow>(sql: string, parameters?: SqlParameters) =>
      attachment.kernel.connection.query<Row>(sql, parameters),
  }
}
