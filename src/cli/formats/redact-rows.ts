/** The rows of a query without the secrets in them. */
import { isSecretName, type QueryResult, REDACTED, redactText, type SqlValue } from '../../index.ts'

/** A result with secrets replaced, by the name of their column and by what stands in a cell. */
export function redactRows(result: QueryResult): QueryResult {
  const areSecret = result.columns.map(isSecretName)
  const redact = (cell: SqlValue, place: number): SqlValue => {
    if (typeof cell !== 'string' || cell === '') return cell
    return areSecret[place] ? REDACTED : redactText(cell)
  }
  return { ...result, rows: result.rows.map((row) => row.map(redact)) }
}
