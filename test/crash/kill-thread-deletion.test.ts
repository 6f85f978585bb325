/**
 * The deletion of a large thread that is killed, between its first step and its last.
 *
 * Invariants: the thread is there whole or gone for every reader; what is left of it equals its history, and is
 * counted; whoever deletes, starts or repairs next completes it; the command under the same id is answered as
 * it was.
 */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { threads } from '../../dist/modules/threads/index.js'
import { tempFolder } from '../support/temp-folder.ts'
import { archiveOf, longThread } from '../support/thread-archive.ts'
import { startWorker } from '../support/worker-process.ts'

const MESSAGES = 30_000
const ACTIVITIES = 200
const COMMAND = { type: 'thread.delete', threadId: 't' } as const
const LEFT = /* sql */ `
  SELECT (SELECT count(*) FROM threads_message) + (SELECT count(*) FROM threads_activity) AS rows`

/** How many rows are left; proves that they are seen all or not at all. */
function rowsLeft(path: string): number {
  using store = openStore(path, { threads }, { mode: 'read' })
  const { rows = 0 } = store.sql.get<{ rows: number }>(LEFT) ?? {}
  const thread = store.threads.get('t')
  const { length } = store.threads.messages('t', { limit: 10 }).items
  if (thread) expect([rows, length]).toEqual([MESSAGES + ACTIVITIES, 10])
  else {
    expect([store.threads.list().items, length]).toEqual([[], 0])
    const isCounted = store.threads.unfinishedDeletions().length === 1
    expect(isCounted || rows === 0).toBe(true)
  }
  return rows
}

test('the deletion of a large thread that is killed is completed by whoever comes next', async () => {
  const folder = tempFolder()
  const template = join(folder, 'template.db')
  {
    using store = openStore(template, { threads })
    store.threads.importThread([...archiveOf(longThread(MESSAGES, ACTIVITIES))])
  }
  const remove = async (name: string, killAt?: number) => {
    const path = join(folder, name)
    copyFileSync(template, path)
    const worker = await startWorker('delete-thread', {
      path,
      command: COMMAND,
      killAt,
      pauseMs: 8,
    })
    worker.tell('go')
    return { path, worker }
  }
  const whole = await remove('whole.db')
  const { asked } = (await whole.worker.result) as { asked: number }
  expect(rowsLeft(whole.path)).toBe(0)
  // The last kill is in the last piece but one: what was removed before it stays removed.
  const left: number[] = []
  for (const [round, part] of [0.4, 0.7, 0.95].entries()) {
    const { path, worker } = await remove(`round-${round}.db`, Math.floor(part * asked))
    await worker.result.catch(() => undefined)
    await worker.exited
    const rows = rowsLeft(path)
    expect(rows).toBeGreaterThan(0)
    left.push(rows)
    using store = openStore(path, { threads })
    if (round === 1) expect(store.verify().problems).toEqual([])
    const ways = [
      () => store.threads.dispatch(COMMAND, { commandId: 'delete' }),
      () => store.threads.recover(),
      () => store.examine().map(({ repair }) => repair?.run()),
    ]
    ways[round % ways.length]?.()
    expect([rowsLeft(path), store.threads.unfinishedDeletions()]).toEqual([0, []])
    expect(store.threads.dispatch(COMMAND, { commandId: 'delete' }).accepted).toBe(true)
    if (round === 1) expect(store.verify().problems).toEqual([])
  }
  expect(left.at(-1)).toBeLessThan(left[0] ?? 0)
})

test('two processes that delete large threads at once leave nothing', async () => {
  const path = join(tempFolder(), 'state.db')
  {
    using store = openStore(path, { threads })
    store.threads.importThread([...archiveOf(longThread(8_000, 50))])
  }
  const task = { path, command: COMMAND }
  const workers = await Promise.all([0, 1].map(() => startWorker('delete-thread', task)))
  for (const worker of workers) worker.tell('go')
  const results = (await Promise.all(workers.map(({ result }) => result))) as object[]
  expect(results).toMatchObject([{ accepted: true }, { accepted: true }])
  expect(rowsLeft(path)).toBe(0)
  using store = openStore(path, { threads })
  expect(store.verify().problems).toEqual([])
})
