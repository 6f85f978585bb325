/** Compares tables, indexes and triggers with what the applied migrations make. */
import type { Connection } from '../connection/connection.ts'
import type { DriverFactory } from '../driver/driver.ts'
import type { Finding } from '../log/finding.ts'
import type { Module } from '../log/module.ts'
import { LEDGER_TABLES } from '../migrations/ledger.ts'
import type { Ledger } from '../migrations/migrate.ts'
import type { Migration } from '../migrations/migration.ts'

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

/**
 * The findings of the schema. Tables of a module that another release has brought further are
 * not judged: what its migrations make is not known here.
 */
export function checkSchema({ factory, connection, modules, ledger }: SchemaCheck): Finding[] {
  const found = byName(connection.all<SchemaObject>(OBJECTS))
  const known = modules.filter((module) => isKnown(module, ledger))
  const expected = byName(objectsMade(factory, known, ledger))
  const unknown = [...ledger.modules.keys()].filter(
    (name) => !known.some((module) => module.name === name),
  )
  const isUnknown = (owner: string) =>
    unknown.some((name) => owner === name || owner.startsWith(`${name}_`))
  const owners = new Set(Array.from(expected.values(), ({ owner }) => owner))
  const wrong = [...expected.values()].flatMap((object) => {
    const there = found.get(object.name)
    if (!there) return [missing(connection, object)]
    return there.sql === object.sql ? [] : [changed(object)]
  })
  const surplus = [...found.values()].filter(
    ({ name, owner }) => !expected.has(name) && !isUnknown(owner),
  )
  return [
    ...wrong,
    ...surplus.map((object) => (owners.has(object.owner) ? added(object) : foreign(object))),
  ]
}

function isKnown({ name, version, migrations }: Module, { modules, migrations: applied }: Ledger) {
  const row = modules.get(name)
  if (row && row.version > version) return false
  return applied.every(({ module, id }) => module !== name || migrations.some((m) => m.id === id))
}

function objectsMade(
  factory: DriverFactory,
  modules: readonly Module[],
  ledger: Ledger,
): SchemaObject[] {
  const scratch = factory.open(':memory:')
  try {
    scratch.exec(LEDGER_TABLES)
    for (const module of modules) {
      for (const { sql } of inOrderApplied(module, ledger)) scratch.exec(sql)
    }
    return scratch.prepare(OBJECTS).all<SchemaObject>()
  } finally {
    scratch.close()
  }
}

// Additions come in any order, and the text of a table tells in which its columns were added.
function inOrderApplied({ name, migrations }: Module, ledger: Ledger): Migration[] {
  const times = new Map(
    ledger.migrations
      .filter(({ module }) => module === name)
      .map(({ id, appliedAtMs }) => [id, appliedAtMs]),
  )
  return migrations
    .filter(({ id }) => times.has(id))
    .sort((a, b) => (times.get(a.id) ?? 0) - (times.get(b.id) ?? 0))
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

// A trigger writes what no event says, and a unique index refuses what the log holds.
function added({ type, name, owner, sql }: SchemaObject): Finding {
  const isHarmless = type === 'view' || (type === 'index' && !/^CREATE UNIQUE/i.test(sql))
  const severity = isHarmless ? 'note' : 'damage'
  return {
    kind: 'schema',
    severity,
    what: `${type} ${name} on ${owner} is no module's`,
    hint: HINT,
  }
}

function foreign({ type, name }: SchemaObject): Finding {
  return {
    kind: 'schema',
    severity: 'note',
    what: `${type} ${name} is of no module that this program knows`,
    hint: 'name its module with --modules, or see who has made it',
  }
}
