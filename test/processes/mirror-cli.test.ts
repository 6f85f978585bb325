/**
 * `holdfast mirror`.
 *
 * Invariants: what is missing is written and counted; with --redact no secret is in the file; with --follow what
 * other processes append comes too; a file that is no mirror is left as it is; --forget forgets the file alone.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { collection, openStore } from '../../dist/index.js'
import { holdfast, startHoldfast } from '../support/holdfast.ts'
import { mirrored } from '../support/mirror-lines.ts'
import { tempFolder } from '../support/temp-folder.ts'

test('a store is mirrored, followed, and forgotten by the command line', async () => {
  const folder = tempFolder()
  const path = join(folder, 'state.db')
  const file = join(folder, 'events.jsonl')
  using store = openStore(path, { tasks: collection<{ id: string; token?: string }>() })
  store.tasks.put({ id: 't1', token: 'hunter2hunter2' })
  const run = (...args: string[]) => holdfast(['mirror', file, ...args, '--store', path])
  const progress = JSON.parse(run('--json', '--redact').stdout)
  expect(progress).toEqual({ path: file, sequence: 1, lines: 1 })
  expect(mirrored(file)).toMatchObject([{ data: { id: 't1', token: '[redacted]' }, sequence: 1 }])
  const following = startHoldfast([
    ...['mirror', file, '--follow', '--json', '--redact', '--store', path],
  ])
  store.tasks.put({ id: 't2' })
  expect(JSON.parse(await following.nextLine())).toMatchObject({ sequence: 2, lines: 1 })
  expect(await following.interrupt()).toBe(0)
  // Once begun without secrets, it stays so.
  expect(run()).toMatchObject({ code: 1, stderr: expect.stringContaining('--redact') })
  expect(holdfast(['status', '--store', path]).stdout).toContain('events.jsonl')
  expect(run('--forget').code).toBe(0)
  expect(store.status().mirrors).toEqual([])
  expect(mirrored(file)).toHaveLength(2)
  writeFileSync(file, 'mine')
  const refused = run()
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('import --retire')
  expect(readFileSync(file, 'utf8')).toBe('mine')
})
