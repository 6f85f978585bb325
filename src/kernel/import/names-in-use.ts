/** Which names an import may give: what the store has, and what this plan has given already. */
import type { Connection } from '../connection/connection.ts'
import type { Module } from '../log/module.ts'
import { listTargets } from './ledger.ts'
import { belongsToModule } from './reserved-names.ts'

/** What a collection's or document's stored definition says, as far as import needs it. */
export interface KnownShape {
  readonly kind: string
  readonly key: string | undefined
}

const TABLES = /* sql */ `SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')`

/** Names of modules, tables and logs. */
export class NamesInUse {
  readonly #modules: ReadonlyMap<string, Module>
  readonly #reserved: ReadonlySet<string>
  readonly #tables: ReadonlySet<string>
  readonly #logs: Set<string>
  /** Names given by this plan, and to which source. */
  readonly #given = new Map<string, string>()

  constructor(
    connection: Connection,
    modules: ReadonlyMap<string, Module>,
    reserved: ReadonlySet<string>,
  ) {
    this.#modules = modules
    this.#reserved = reserved
    this.#tables = new Set(connection.all<{ name: string }>(TABLES).map((row) => row.name))
    this.#logs = new Set(
      listTargets(connection)
        .filter((target) => /^(?:events|long-document):/.test(target))
        .map((target) => target.slice(target.indexOf(':') + 1)),
    )
  }

  /** The collection or document of this name, if there is one. */
  shapeOf(name: string): KnownShape | undefined {
    const text = this.#modules.get(name)?.shape
    if (text === undefined || text === null) return undefined
    const { kind, key } = JSON.parse(text) as { kind: string; key?: string }
    return { kind, key }
  }

  /** True when no new collection or document may have this name. */
  isTaken(name: string): boolean {
    return (
      this.#modules.has(name) ||
      this.#reserved.has(name) ||
      this.#tables.has(name) ||
      this.#given.has(name) ||
      belongsToModule(name, this.#modules)
    )
  }

  isLogTaken(name: string): boolean {
    return this.#logs.has(name)
  }

  /** True when another source of this plan goes there. */
  isGivenToAnother(name: string, path: string): boolean {
    const owner = this.#given.get(name)
    return owner !== undefined && owner !== path
  }

  give(name: string, path: string): void {
    this.#given.set(name, path)
  }

  giveLog(name: string): void {
    this.#logs.add(name)
  }
}
