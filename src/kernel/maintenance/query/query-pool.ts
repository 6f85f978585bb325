/**
 * A few processes that run foreign SQL on one store, kept warm between queries.
 *
 * Invariant: never more than `size` children and never more than MAX_WAITING callers; a child
 * that was killed is replaced by the next query that needs one.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { DriverName } from '../../driver/driver.ts'
import { StoreError } from '../../errors.ts'
import { settleLimits } from './limits.ts'
import { QueryProcess } from './query-process.ts'
import { screenSql } from './screen.ts'
import type { QueryOptions, QueryResult } from './types.ts'

const DEFAULT_SIZE = 2
const MAX_WAITING = 64

/** Options of {@link QueryPool}. */
export interface QueryPoolOptions {
  /** How many queries run at once. Default 2. */
  readonly size?: number
  /** The SQLite library to use. Default: `HOLDFAST_DRIVER` in the environment, else the safest. */
  readonly driver?: DriverName
}

/** Runs queries on one store in processes of their own; close it when done. */
export class QueryPool {
  readonly #path: string
  readonly #size: number
  readonly #driver: DriverName | undefined
  readonly #cwd: string
  readonly #idle: QueryProcess[] = []
  readonly #busy = new Set<QueryProcess>()
  readonly #waiting: (() => void)[] = []
  #isClosed = false

  constructor(path: string, options: QueryPoolOptions = {}) {
    this.#path = resolve(path)
    this.#size = options.size ?? DEFAULT_SIZE
    // The child has no environment to read it from, and checks the name.
    this.#driver = options.driver ?? (process.env['HOLDFAST_DRIVER'] as DriverName | undefined)
    this.#cwd = mkdtempSync(join(tmpdir(), 'holdfast-query-'))
  }

  /** Runs one reading statement; throws `QUERY_REFUSED`, `QUERY_LIMIT`, or what SQLite says. */
  async run(sql: string, options: QueryOptions = {}): Promise<QueryResult> {
    const screened = screenSql(sql)
    const { timeoutMs, maxRows, maxBytes } = settleLimits(options)
    const child = await this.#take()
    const { parameters } = options
    const request = { ...screened, parameters, timeoutMs, maxRows, maxBytes }
    try {
      return await child.run(request)
    } finally {
      this.#giveBack(child)
    }
  }

  /** Ends the processes; a query that still runs fails. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const child of [...this.#idle, ...this.#busy]) child.kill()
    for (const next of this.#waiting.splice(0)) next()
    rmSync(this.#cwd, { recursive: true, force: true })
  }

  async #take(): Promise<QueryProcess> {
    if (this.#busy.size >= this.#size) {
      if (this.#waiting.length >= MAX_WAITING) {
        throw new StoreError('BUSY', `${MAX_WAITING} queries are waiting already`, {
          hint: 'try again when they are done',
        })
      }
      await new Promise<void>((resume) => this.#waiting.push(resume))
    }
    if (this.#isClosed) throw new StoreError('STORE_CLOSED', 'the query pool was closed')
    let child = this.#idle.pop()
    while (child && !child.isUsable) child = this.#idle.pop()
    child ??= new QueryProcess({ path: this.#path, driver: this.#driver }, this.#cwd)
    this.#busy.add(child)
    return child
  }

  #giveBack(child: QueryProcess): void {
    this.#busy.delete(child)
    if (child.isUsable && !this.#isClosed) this.#idle.push(child)
    this.#waiting.shift()?.()
  }
}
