/**
 * Rollbacks in a process whose caches are cold.
 *
 * Invariant: what a rolled-back transaction or savepoint had interned or counted is forgotten with
 * it. SQLite gives the same ids again, so a cache that remembers makes events of the wrong type or
 * stream, without any error.
 */
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { tempStorePath } from '../support/temp-folder.ts'
import { runWorker } from '../support/worker-process.ts'

test('after a rollback every event has its own type, stream and version, in each new process', async () => {
  const path = tempStorePath()
  for (const types of [
    ['x', 'y', 'z'],
    ['p', 'q', 'r'],
  ]) {
    expect(await runWorker('rollback', { path, types })).toEqual([])
  }
  using store = openStore(path)
  const events = store.log.read({ limit: 100 }).map(({ stream, version, type, data }) => {
    return [stream, version, type, (data as { type: string }).type]
  })
  expect(events).toEqual([
    ['any.b/1', 1, 'any.y', 'y'],
    ['any.a/1', 1, 'any.z', 'z'],
    ['any.d/1', 1, 'any.x', 'x'],
    ['any.c/1', 1, 'any.y', 'y'],
    ['any.e/1', 1, 'any.z-kept', 'z-kept'],
    ['any.b/1', 2, 'any.q', 'q'],
    ['any.a/1', 2, 'any.r', 'r'],
    ['any.d/1', 2, 'any.p', 'p'],
    ['any.c/1', 2, 'any.q', 'q'],
    ['any.e/1', 2, 'any.r-kept', 'r-kept'],
  ])
})
