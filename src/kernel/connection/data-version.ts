/**
 * Whether another connection has committed. `PRAGMA data_version` moves when one does, and not for our
 * own commits; so while it stands still, neither caches nor the generation can be stale.
 */
import type { SqlSession } from './sql-session.ts'

const DATA_VERSION = /* sql */ `PRAGMA data_version`

/** The commits of others, as one connection meets them. */
export class DataVersion {
  readonly #session: SqlSession
  #seen = -1

  constructor(session: SqlSession) {
    this.#session = session
  }

  /** SQLite's number as it is now. */
  read(): number {
    return Number(this.#session.values(DATA_VERSION)[0]?.[0])
  }

  /**
   * Calls `look` when another connection has committed since it last returned `false`, and gives what
   * it returns. What it refused by a throw must be refused again.
   */
  ifMoved(look: () => boolean): boolean {
    const version = this.read()
    if (version === this.#seen) return false
    const mustLookAgain = look()
    if (!mustLookAgain) this.#seen = version
    return mustLookAgain
  }
}
