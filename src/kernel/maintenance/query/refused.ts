/** The refusal that all checks of a foreign query share. */
import { StoreError } from '../../errors.ts'

/** Makes the error of a query that is not run. */
export function refused(reason: string): StoreError {
  return new StoreError('QUERY_REFUSED', `this query is not run: ${reason}`, {
    hint: 'give one SELECT; tables are written by events alone',
  })
}
