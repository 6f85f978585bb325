/** `queryStore`: one query in a process of its own, for a CLI or a script. */
import { ANY, checkArgument, checkOptions, type Kinds, PATH, TEXT } from '../../arguments.ts'
import { QueryPool } from './query-pool.ts'
import type { QueryOptions, QueryResult } from './types.ts'

// Judged by the pool.
const OPTIONS: Kinds = { parameters: ANY, timeoutMs: ANY, maxRows: ANY, maxBytes: ANY }

/**
 * Runs one reading SQL statement on the store in `path`, in a separate process that is killed at
 * the limit. Throws `QUERY_REFUSED` for anything but one reading statement, `QUERY_LIMIT` when it
 * takes too long or too much memory. For many queries keep a {@link QueryPool}.
 */
export async function queryStore(
  path: string,
  sql: string,
  options: QueryOptions = {},
): Promise<QueryResult> {
  checkArgument('queryStore: the store', path, PATH)
  checkArgument('queryStore: the SQL', sql, TEXT)
  checkOptions('queryStore', options, OPTIONS)
  const pool = new QueryPool(path, { size: 1 })
  try {
    return await pool.run(sql, options)
  } finally {
    pool.close()
  }
}
