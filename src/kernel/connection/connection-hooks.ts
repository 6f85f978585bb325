/** How those above a connection take part in its transactions. */

/** What a connection asks of those who build on it. */
export interface ConnectionHooks {
  /** Before each write, nested ones included; throws where none may be made. */
  beforeWrite(): void
  /**
   * After BEGIN, when another connection has committed since our last transaction. `true` asks for
   * the transaction to be given up, for `prepareWrite` to run, and for a new start.
   */
  foreignCommit(): boolean
  /** Outside any transaction, after `foreignCommit` said `true`. */
  prepareWrite(): void
  /** Before COMMIT, inside the transaction: pending rows are written here. */
  beforeCommit(): void
  /** After COMMIT. */
  afterCommit(): void
}

/** Of a connection that nobody builds on. */
export const NO_HOOKS: ConnectionHooks = {
  beforeWrite: () => undefined,
  foreignCommit: () => false,
  prepareWrite: () => undefined,
  beforeCommit: () => undefined,
  afterCommit: () => undefined,
}
