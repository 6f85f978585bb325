/**
 * The process in which foreign SQL runs; started by QueryPool and killed by it at the limit.
 *
 * It has nothing that a query could reach: no environment, an empty working directory, one
 * read-only connection that is locked down before the first statement arrives.
 */
import { openConnection } from '../../connection/open-connection.ts'
import { chooseDriver } from '../../driver/choose.ts'
import { isStoreError } from '../../errors.ts'
import { defineEventData } from './event-data.ts'
import { lockDown, runQuery } from './run-query.ts'
import { sqlHint } from './sql-hints.ts'
import type { QueryAnswer, QueryChildOptions, QueryFailure, QueryRequest } from './types.ts'
import { Watchdog } from './watchdog.ts'

// Opening waits no longer for a lock than a query may last.
const OPEN_TIMEOUT_MS = 2000
// So long is left to the other process, which can say why it ends this one.
const GRACE_MS = 20

const options = JSON.parse(process.argv[2] ?? '{}') as QueryChildOptions
try {
  const factory = chooseDriver(options.driver ? { driver: options.driver } : { environment: {} })
  const open = () =>
    openConnection(factory, options.path, {
      isReadOnly: true,
      wait: { path: options.path, timeoutMs: OPEN_TIMEOUT_MS, random: Math.random },
    })
  const { driver } = open()
  defineEventData(driver, open)
  lockDown(driver)
  const watchdog = new Watchdog()
  process.on('message', (request: QueryRequest) => {
    try {
      const run = () => runQuery(driver, request, () => performance.now())
      say({ kind: 'result', result: watchdog.during(request.timeoutMs + GRACE_MS, run) })
    } catch (error) {
      say({ kind: 'failure', failure: failureOf(error, (message) => sqlHint(driver, message)) })
    }
  })
  say({ kind: 'ready' })
} catch (error) {
  say({ kind: 'failure', failure: failureOf(error) })
}
// The parent is gone: nobody is left to answer.
process.on('disconnect', () => process.exit())

function say(answer: QueryAnswer): void {
  process.send?.(answer)
}

function failureOf(
  error: unknown,
  hintFor: (message: string) => string | undefined = () => undefined,
): QueryFailure {
  const message = error instanceof Error ? error.message : String(error)
  if (!isStoreError(error)) return { code: 'SQL_INVALID', message, hint: undefined }
  return { code: error.code, message, hint: error.hint ?? hintFor(message) }
}
