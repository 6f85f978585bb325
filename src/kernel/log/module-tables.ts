/**
 * Whose table is whose. A module's tables are those its migrations make; its migrations and its
 * projections touch no other, or the tables would not follow from the module's own events. `local`
 * tables follow from no events: projections leave them alone, and `tx.runLocal` changes only them.
 *
 * Told from the texts, once when a module is defined or a statement is prepared.
 */
import { splitSql } from '../driver/sql-statements.ts'
import { type SqlTables, tablesOf } from '../driver/sql-tables.ts'
import { wordOf } from '../driver/sql-tokens.ts'
import { StoreError } from '../errors.ts'
import { KERNEL_MODULE } from '../migrations/kernel-schema.ts'
import type { Migration } from '../migrations/migration.ts'
import type { Module } from './module.ts'

const IN_LOCAL: ReadonlySet<string> = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE'])
const IN_PROJECTIONS: ReadonlySet<string> = new Set([...IN_LOCAL, 'WITH', 'SELECT', 'VALUES'])
const IN_MIGRATIONS: ReadonlySet<string> = new Set([...IN_PROJECTIONS, 'CREATE', 'ALTER', 'DROP'])

// Tables that SQLite makes of a value: the rows follow from the arguments alone.
const OF_VALUES: ReadonlySet<string> = new Set([
  'json_each',
  'json_tree',
  'jsonb_each',
  'jsonb_tree',
  'generate_series',
])

/** What a module's migrations make, and what one of them must not do. */
export interface MigratedTables {
  /** In lower case: tables, views, indexes and triggers. */
  readonly made: ReadonlySet<string>
  /** As in `migration '0001' …`, by the migration's id; of each the first. */
  readonly problems: ReadonlyMap<string, string>
}

/** Reads a module's migrations, once: each may use what any of them makes. */
export function readMigrations(migrations: readonly Migration[]): MigratedTables {
  const made = new Set<string>()
  const problems = new Map<string, string>()
  const statements = migrations.flatMap(({ id, sql }) =>
    splitSql(sql).map((tokens) => ({ id, verb: wordOf(tokens[0]), tables: tablesOf(tokens) })),
  )
  for (const { tables } of statements) for (const name of tables.made) made.add(name)
  for (const { id, verb, tables } of statements) {
    const problem = migrationProblem(verb, tables, made)
    if (problem !== undefined && !problems.has(id)) problems.set(id, problem)
  }
  return { made, problems }
}

function migrationProblem(
  verb: string,
  tables: SqlTables,
  own: ReadonlySet<string>,
): string | undefined {
  if (!IN_MIGRATIONS.has(verb)) return `runs ${verb.slice(0, 40)}`
  const foreign = foreignTable(tables, own)
  if (foreign !== undefined) return `uses '${foreign}', which no migration of the module makes`
  for (const made of tables.made) {
    if (made.includes('.')) return `makes '${made}', which is not in the store`
    if (made.startsWith('sqlite_')) return `makes '${made}', a name that SQLite keeps for itself`
  }
  return undefined
}

/** Throws `PROJECTION_FAILED` unless `sql` stays with the tables that the module folds. */
export function checkProjectionStatement(sql: string, module: Module): void {
  const problem = projectionProblem(sql, module)
  if (problem === undefined) return
  throw new StoreError(
    'PROJECTION_FAILED',
    `the projection of module '${module.name}' ${problem}: ${excerpt(sql)}`,
    { hint: 'fold from the event and from the tables that the module’s migrations make' },
  )
}

/** Throws `READ_ONLY` unless `sql` changes a table that one of `modules` declares `local`. */
export function checkLocalStatement(sql: string, modules: Iterable<Module>): void {
  const [statement = []] = splitSql(sql)
  if (IN_LOCAL.has(wordOf(statement[0]))) {
    const [table = ''] = tablesOf(statement).changed
    for (const module of modules) {
      if (module.name !== KERNEL_MODULE && isLocal(module, table)) return
    }
  }
  throw new StoreError('READ_ONLY', `this statement changes no local table: ${excerpt(sql)}`, {
    hint: 'append an event and let a projection write the table, or list the table in `local`',
  })
}

function projectionProblem(sql: string, module: Module): string | undefined {
  const [statement = []] = splitSql(sql)
  const verb = wordOf(statement[0])
  if (!IN_PROJECTIONS.has(verb)) return `runs ${verb.slice(0, 40)}`
  const tables = tablesOf(statement)
  const foreign = foreignTable(tables, module.tables)
  if (foreign !== undefined) return `uses the table '${foreign}', which is not its own`
  const local = [...tables.changed, ...tables.read].find((name) => isLocal(module, name))
  // A replay has it empty, and a rebuild does not bring it along.
  return local === undefined ? undefined : `uses the local table '${local}'`
}

function isLocal({ local }: Module, table: string): boolean {
  for (const name of local) if (name.toLowerCase() === table) return true
  return false
}

function foreignTable(
  { changed, read, made }: SqlTables,
  own: ReadonlySet<string>,
): string | undefined {
  for (const name of changed) if (!own.has(name)) return name
  // A table may refer to itself, a view be made of a value.
  for (const name of read) {
    if (!own.has(name) && !made.has(name) && !OF_VALUES.has(name)) return name
  }
  return undefined
}

const excerpt = (sql: string): string => sql.trim().slice(0, 80)
