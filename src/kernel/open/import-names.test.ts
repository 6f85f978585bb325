/** Names that import gives to collections and documents. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../test/support/temp-folder.ts'
import { defineModule } from '../log/module.ts'
import { openStore } from './open-store.ts'

const notes = defineModule({
  name: 'notes',
  version: 1,
  events: {},
  migrations: [{ id: '0001', sql: 'CREATE TABLE notes_note (id INTEGER PRIMARY KEY) STRICT' }],
  project: {},
  api: () => ({}),
})

test('no file gets a name that a module or its tables may have, loaded or not', () => {
  const folder = join(tempFolder(), 'in')
  mkdirSync(folder)
  for (const name of ['threads', 'farm_ports', 'farmers', 'notes_old', 'notebook']) {
    writeFileSync(join(folder, `${name}.json`), '[{"id":1}]')
  }
  using store = openStore(join(folder, '../state.db'), { notes })
  const { sources } = store.import([folder])
  expect(sources.map(({ target }) => target)).toEqual([
    'file_farm_ports',
    'farmers',
    'notebook',
    'file_notes_old',
    'file_threads',
  ])
  const as = { 'threads.json': 'collection:board' }
  expect(store.planImport([folder], { as }).sources[4]?.target).not.toBe('board')
})
