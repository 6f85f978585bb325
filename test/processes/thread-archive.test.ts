/**
 * The archives of threads, by several processes.
 *
 * Invariants: of one archive that several processes import at once each event is stored once, and whoever took
 * part returns when all of it is there; others write meanwhile, within their deadlines; neither import nor
 * export holds a long thread in memory.
 */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { threads } from '../../dist/modules/threads/index.js'
import { tempFolder } from '../support/temp-folder.ts'
import { archiveOf, longThread } from '../support/thread-archive.ts'
import { runWorker, startAll, startWorker } from '../support/worker-process.ts'

const MESSAGES = 8_000
const ACTIVITIES = 200

function expectWhole(path: string, messages: number): void {
  using store = openStore(path, { threads })
  expect(store.threads.unfinishedImports()).toEqual([])
  expect(store.threads.get('t')).toMatchObject({ isHalfImported: false, messageCount: messages })
  expect(store.log.streamVersion('threads.thread/t')).toBe(messages + 1)
  expect(store.verify().problems).toEqual([])
}

test('of an archive that four processes import at once each event is stored once', async () => {
  const folder = tempFolder()
  const path = join(folder, 'state.db')
  const archive = join(folder, 'thread.jsonl')
  writeFileSync(archive, [...archiveOf(longThread(MESSAGES, ACTIVITIES))].join('\n'))
  openStore(path, { threads }).close()
  const task = { path, way: 'import', archive }
  const writer = await startWorker('import-thread', { path, way: 'write', busyTimeoutMs: 30_000 })
  const workers = await startAll('import-thread', [task, task, task, task])
  writer.tell('go')
  for (const worker of workers) worker.tell('go')
  const results = (await Promise.all(workers.map(({ result }) => result))) as { stored: number }[]
  writer.tell('enough')
  const { count } = (await writer.result) as { count: number }
  expect(count).toBeGreaterThan(20)
  const events = 1 + MESSAGES + ACTIVITIES
  const imported = { threadId: 't', projectId: 'p', events }
  expect(results).toMatchObject([imported, imported, imported, imported])
  expect(results.reduce((sum, { stored }) => sum + stored, 0)).toBe(events)
  expectWhole(path, MESSAGES)
  using store = openStore(path, { threads })
  expect(store.sql.all('SELECT id FROM threads_activity')).toHaveLength(ACTIVITIES)
})

test('a thread of 60 MB comes in and goes out with a heap of 48 MB', async () => {
  const folder = tempFolder()
  const archive = join(folder, 'thread.jsonl')
  const messages = 16_000
  const file = openSync(archive, 'w')
  // More than is packed away, so that each stands in its own row, and no two alike.
  for (const line of archiveOf(longThread(messages, 3, 'word '.repeat(750)))) {
    writeSync(file, `${line}\n`)
  }
  closeSync(file)
  const path = join(folder, 'state.db')
  const limited = { nodeArgs: ['--max-old-space-size=48'] }
  await runWorker('import-thread', { path, way: 'import', archive }, limited)
  expectWhole(path, messages)
  const out = join(folder, 'again.jsonl')
  const exported = await runWorker('import-thread', { path, way: 'export', archive: out }, limited)
  expect(exported).toMatchObject({ threadId: 't', events: messages + 4 })
})
