/** Compares tables, indexes and triggers with what the applied migrations make. */
import type { Connection } from '../../connection/connection.ts'
import type { DriverFactory } from '../../driver/driver.ts'
import type { Finding } from '../../log/finding.ts'
import type { Module } from '../../log/module.ts'
import { LEDGER_TABLES } from '../../migrations/ledger.ts'
import type { Ledger } from '../../migrations/migrate.ts'

/** What is compared. */
export interface SchemaCheck {
  readonly factory: DriverFactory
  readonly connection: Connection
  /** Loaded, the kernel's own included. */
  readonly modules: readonly Module[]
  readonly ledger: Ledger
}

interface SchemaObject {
  readonly type: string
  readonly name: string
  readonly owner: string
  readonly sql: string
}

const OBJECTS = /* sql */ `
  SELECT type, name, tbl_name AS owner, sql FROM sqlite_schema
  WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type DESC, name`
const HINT = 'somebody has changed it by other means; restore a backup, or export and restore'

/** The findings of the schema. */
export function checkSchema({ factory, connection, modules, ledger }: SchemaCheck): Finding[] {
  const found = byName(connection.all<SchemaObject>(OBJECTS))
  const expected = byName(objectsMade(factory, modules, ledger))
  const unloaded = [...ledger.modules.keys()].filter(
    (name) => !modules.some((module) => module.name === name),
  )
  const isUnloaded = (owner: string) =>
    unloaded.some((name) => owner === name || owner.startsWith(`${name}_`))
  const wrong = [...expected.values()].flatMap((object) => {
    const there = found.get(object.name)
    if (!there) return [missing(connection, object)]
    return there.sql === object.sql ? [] : [changed(object)]
  })
  const surplus = [...found.values()].filter(
    ({ name, owner }) => !expected.has(name) && !isUnloaded(owner),
  )
  return [...wrong, ...surplus.map(foreign)]
}

function objectsMade(
  factory: DriverFactory,
  modules: readonly Module[],
  ledger: Ledger,
): SchemaObject[] {
  const scratch = factory.open(':memory:')
  try {
    scratch.exec(LEDGER_TABLES)
    for (const { name, migrations } of modules) {
      const applied = ledger.migrations.filter(({ module }) => module === name)
      for (const { id, sql } of migrations) {
        if (applied.some((one) => one.id === id)) scratch.exec(sql)
      }
    }
    return scratch.prepare(OBJECTS).all<SchemaObject>()
  } finally {
    scratch.close()
  }
}

function byName(objects: readonly SchemaObject[]): Map<string, SchemaObject> {
  return new Map(
    objects.map((object) => [object.name, { ...object, sql: object.sql.replaceAll('\r\n', '\n') }]),
  )
}

function missing(connection: Connection, { type, name, owner, sql }: SchemaObject): Finding {
  const what = `${type} ${name} of ${owner} is missing`
  if (type !== 'index') return { kind: 'schema', severity: 'damage', what, hint: HINT }
  const isThere = () => connection.all<SchemaObject>(OBJECTS).some((one) => one.name === name)
  const run = () => connection.write(() => void (isThere() || connection.exec(sql)))
  const repair = { does: `makes ${name} again`, run }
  return { kind: 'schema', severity: 'fault', what, hint: 'queries are slower without it', repair }
}

function changed({ type, name }: SchemaObject): Finding {
  const what = `${type} ${name} is not what its migrations make`
  return { kind: 'schema', severity: 'damage', what, hint: HINT }
}

function foreign({ type, name }: SchemaObject): Finding {
  return {
    kind: 'schema',
    severity: 'note',
    what: `${type} ${name} is of no module that this program knows`,
    hint: 'name its module with --modules, or see who has made it',
  }
}
