import { expect, test } from 'vitest'
import { checkTables } from './check-tables.ts'
import { event, type Keep } from './event-definition.ts'
import { defineModule, type ModuleDefinition } from './module.ts'

type Definition = ModuleDefinition<Record<string, ReturnType<typeof event>>, undefined>

const SAVED = 'notes.note.saved'
const VALID: Definition = {
  name: 'notes',
  version: 1,
  events: { [SAVED]: event() },
  migrations: [{ id: '0001-initial', sql: 'CREATE TABLE notes_note (id TEXT) STRICT' }],
  project: { [SAVED]: () => undefined },
  api: () => undefined,
}
const define = (change: Partial<Definition>) => defineModule({ ...VALID, ...change })
const migration = (id: string, sql = 'SELECT 1', isAdditive = false) => ({ id, sql, isAdditive })
const typed = (type: string, definition = event()) => ({
  events: { [type]: definition },
  project: { [type]: () => undefined },
})

test('a sound definition becomes a module', () => {
  expect(define({})).toMatchObject({ name: 'notes', version: 1, shape: null })
})

const WRONG: readonly (readonly [problem: string, change: Partial<Definition>, says: RegExp])[] = [
  ['a name with other letters', { name: 'Notes' }, /name is not valid/],
  ['the kernel’s name', { name: 'holdfast' }, /kernel/],
  ['the name of imported events', { name: 'import' }, /no module knows/],
  ['a version that is no whole number', { version: 1.5 }, /version 1.5/],
  ['version 0', { version: 0 }, /version 0/],
  ['a type of another module', typed('tasks.task.made'), /not a type of it/],
  ['a type that is only the module’s name', typed('notes'), /not a type of it/],
  ['a type whose name only begins alike', typed('notesx.note.saved'), /not a type of it/],
  ['an event without a projector', { project: {} }, /no projector for 'notes.note.saved'/],
  [
    'a projector without an event',
    { project: { ...VALID.project, 'notes.note.lost': () => undefined } },
    /'notes.note.lost' is projected and not defined/,
  ],
  [
    'keep latest without state',
    typed(SAVED, event(undefined, { keep: 'latest' })),
    /keep: 'latest' without state/,
  ],
  ...[
    { days: 0 },
    { days: -1 },
    { days: Number.NaN },
    { days: 1.5 },
    { days: '7' },
    {},
    'lates',
  ].map(
    (keep) =>
      [
        `keep: ${JSON.stringify(keep)}`,
        typed(SAVED, event(undefined, { keep: keep as Keep })),
        /'notes.note.saved' has keep: /,
      ] as const,
  ),
  ['a wrong keep of open', { open: event(undefined, { keep: { days: 0 } }) }, /'open' has keep/],
  [
    'days to forget that are none',
    typed(SAVED, event(undefined, { forgetDays: 0 })),
    /forgetDays: 0/,
  ],
  [
    'a version of an event without an upcast to it',
    typed(SAVED, event(undefined, { version: 3, upcast: { 1: () => ({}) } })),
    /no upcast from 2/,
  ],
  ['projectOther without open', { projectOther: () => undefined }, /projectOther without open/],
  [
    'two migrations of one id',
    { migrations: [migration('0001-a'), migration('0001-a')] },
    /two migrations/,
  ],
  [
    'migrations out of order',
    { migrations: [migration('0002-b'), migration('0001-a')] },
    /'0001-a' comes after '0002-b'/,
  ],
  [
    'a migration that asks for the time',
    { migrations: [migration('0001-a', 'CREATE TABLE t (at TEXT DEFAULT CURRENT_TIMESTAMP)')] },
    /CURRENT_TIMESTAMP/,
  ],
  [
    'a table of the kernel',
    { migrations: [migration('0001-a', 'CREATE TABLE IF NOT EXISTS "events" (n)')] },
    /table 'events' is the kernel/,
  ],
  ...[
    ['CREATE TABLE notes_a (n); COMMIT', /'0001-a' runs COMMIT/],
    ['BEGIN; CREATE TABLE notes_a (n)', /runs BEGIN/],
    ['SAVEPOINT a', /runs SAVEPOINT/],
    [`ATTACH 'other.db' AS other`, /runs ATTACH/],
    ['PRAGMA user_version = 7', /runs PRAGMA/],
    ['VACUUM', /runs VACUUM/],
    ['DELETE FROM events', /uses 'events'/],
    ['DROP TABLE tasks', /uses 'tasks'/],
    ['CREATE TABLE notes_a (n); INSERT INTO notes_a SELECT id FROM tasks', /uses 'tasks'/],
    ['CREATE INDEX notes_by ON streams (name)', /uses 'streams'/],
    [
      `CREATE TABLE notes_a (n);
       CREATE TRIGGER notes_t AFTER INSERT ON events BEGIN DELETE FROM notes_a; END`,
      /uses 'events'/,
    ],
    ['CREATE TEMP TABLE notes_a (n)', /makes 'temp.notes_a'/],
    ['CREATE TABLE sqlite_notes (n)', /a name that SQLite keeps/],
  ].map(
    ([sql, says]) =>
      [`the migration ${sql}`, { migrations: [migration('0001-a', String(sql))] }, says] as never,
  ),
  ['a local table that nothing makes', { local: ['notes_gone'] }, /'notes_gone' is made by no/],
]

test.each(WRONG)('%s is refused', (_, change, says) => {
  expect(() => checkTables([define(change)])).toThrow(
    expect.objectContaining({ code: 'MODULE_INVALID', message: expect.stringMatching(says) }),
  )
})

test('a migration may do what it likes with what the module makes', () => {
  const sql = `
    CREATE TABLE notes_a (id TEXT PRIMARY KEY, parent TEXT REFERENCES notes_a (id)) STRICT;
    CREATE TABLE notes_b AS SELECT value AS id FROM json_each('[1]');
    CREATE UNIQUE INDEX notes_a_by ON notes_a (parent);
    CREATE VIEW notes_v AS SELECT notes_a.id FROM notes_a, "notes_b";
    CREATE TRIGGER notes_t AFTER INSERT ON notes_a BEGIN
      UPDATE notes_b SET id = new.id WHERE id IN (SELECT id FROM notes_v); SELECT 1; END;
    CREATE VIRTUAL TABLE notes_f USING fts5 (text, content = 'notes_a');
    ALTER TABLE notes_b RENAME TO notes_c; INSERT INTO Notes_C SELECT * FROM main.notes_a;
    DROP TRIGGER notes_t; DROP INDEX IF EXISTS notes_a_by; DROP VIEW notes_v; DROP TABLE notes_c`
  const tables = 'notes_a notes_b notes_a_by notes_v notes_t notes_f notes_c'.split(' ')
  const module = define({ migrations: [migration('0001-a', sql)] })
  expect(() => checkTables([module])).not.toThrow()
  expect(module.tables).toEqual(new Set(tables))
})

test('a removal may be kept as the latest, and additive steps may stand anywhere', () => {
  const removed = event(undefined, { removes: true, keep: 'latest' })
  expect(() => define(typed('notes.note.removed', removed))).not.toThrow()
  const migrations = [migration('b-index', 'SELECT 1', true), migration('0001-a')]
  expect(() => define({ migrations })).not.toThrow()
})

test('two modules do not make one table', () => {
  const of = (name: string) =>
    defineModule({
      ...{ name, version: 1, events: {}, project: {}, api: () => undefined },
      migrations: [{ id: '1', sql: `CREATE TABLE IF NOT EXISTS "Shared" (id)` }],
    })
  expect(() => checkTables([of('one'), of('two')])).toThrow(
    expect.objectContaining({
      code: 'MODULE_INVALID',
      message: `modules 'one' and 'two' both make 'shared'`,
    }),
  )
})
