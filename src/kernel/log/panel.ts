/** What a module shows of itself on a page. */

/** A row as it is shown; times as ISO 8601. */
export type PanelRow = Readonly<Record<string, string | number | boolean | null>>

/** A table on the module's page. */
export interface Panel<Api> {
  /** Unique in its module, in words with dashes. */
  readonly name: string
  readonly title: string
  /** The rows, from the module's API; changes nothing. */
  readonly rows: (api: Api) => readonly PanelRow[]
  /**
   * How often it is read besides when events of the module were committed, in milliseconds: for what
   * no commit tells, such as a process that has ended. Left out: never.
   */
  readonly everyMs?: number
}
