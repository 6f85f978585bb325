/**
 * The SQL of one connection for somebody who may not run all of it: each text is screened once, when
 * it is first prepared for them, and costs afterwards what any other does. Inside a transaction only:
 * what is kept and used later would run in autocommit.
 */
import type { RunResult, SqlParameters } from '../driver/driver.ts'
import type { SqlSession } from './sql-session.ts'
import { type Prepare, StatementCache } from './statement-cache.ts'

/** Throws for a text that may not be run. */
export type Screen = (sql: string) => void

/** What somebody may run. */
export interface ScreenOptions {
  /** What passes sees none of the rows that wait (`deferred-rows.ts`), so they may go on waiting. */
  readonly isBlind?: boolean
}

/** Statements that passed the screen. */
export class ScreenedSql {
  readonly #session: SqlSession
  readonly #statements: StatementCache
  readonly #isBlind: boolean

  constructor(session: SqlSession, prepare: Prepare, screen: Screen, options: ScreenOptions) {
    this.#session = session
    this.#isBlind = options.isBlind === true
    this.#statements = new StatementCache((sql) => {
      screen(sql)
      return prepare(sql)
    })
  }

  run(sql: string, parameters?: SqlParameters): RunResult {
    this.#ready()
    try {
      return this.#statements.get(sql).run(parameters)
    } catch (error) {
      throw this.#session.afterFailure(error)
    }
  }

  get<Row>(sql: string, parameters?: SqlParameters): Row | undefined {
    this.#ready()
    try {
      return this.#statements.get(sql).get<Row>(parameters)
    } catch (error) {
      throw this.#session.afterFailure(error)
    }
  }

  all<Row>(sql: string, parameters?: SqlParameters): Row[] {
    this.#ready()
    try {
      return this.#statements.get(sql).all<Row>(parameters)
    } catch (error) {
      throw this.#session.afterFailure(error)
    }
  }

  #ready(): void {
    this.#session.assertInTransaction()
    if (!this.#isBlind) this.#session.writeDeferred()
  }
}
