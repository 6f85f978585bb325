import { expect, test } from 'vitest'
import { freeName, nameOfFile, validName } from './source-name.ts'

test.each([
  ['tasks.json', 'tasks'],
  ['Daemon-State.json', 'daemon_state'],
  ['a/b/2026.jsonl', 'f_2026'],
  ['sqlite_master.json', 'f_sqlite_master'],
  ['.json', 'json'],
  ['日本.json', 'file'],
  ['app.jsonl.1', 'app_1'],
  ['app.ndjson-20260101', 'app_20260101'],
  ['server.log', 'server'],
])('%s is named %s', (path, name) => {
  expect(nameOfFile(path)).toBe(name)
  expect(validName(name)).toBe(name)
})

test('takes folders into the name, and then numbers, where it is reserved or taken', () => {
  expect(freeName('events.json', () => false)).toBe('events_2')
  expect(freeName('old/events.json', () => false)).toBe('old_events')
  const taken = new Set(['tasks', 'b_tasks', 'a_b_tasks', 'tasks_2'])
  expect(freeName('a/b/tasks.json', (name) => taken.has(name))).toBe('tasks_3')
  expect(freeName('import.json', () => false)).toBe('import_2')
})

test('a name that begins like a module of tables is begun otherwise', () => {
  const isTaken = (name: string) => name === 'farm' || name.startsWith('farm_')
  expect(freeName('farm.json', isTaken)).toBe('file_farm')
  expect(freeName('old/farm_ports.json', isTaken)).toBe('old_farm_ports')
  expect(freeName('farm_ports.json', (name) => isTaken(name) || name === 'file_farm_ports')).toBe(
    'file_farm_ports_2',
  )
})
