/**
 * The import of a thread's archive that is killed, at each of its steps.
 *
 * Invariants: whatever came in equals its history, is exactly the beginning of the archive, and is marked as
 * half imported unless it is all; nothing else is done with it until then; the same archive completes it, each
 * event once, also when that is killed too; another archive of the thread is refused.
 */
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { threads } from '../../dist/modules/threads/index.js'
import { rounds } from '../support/soak.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { archiveOf, longThread } from '../support/thread-archive.ts'
import { runWorker, spread, startWorker } from '../support/worker-process.ts'

const MESSAGES = 4_000
const ACTIVITIES = 300
const MAX_ROUNDS = 60
const EVENTS = 1 + MESSAGES + ACTIVITIES
const OTHER = [...archiveOf(longThread(MESSAGES + 1, 0))]

/** How many events of the archive are in the store; proves that they are its first ones. */
function expectBeginning(path: string): number {
  using store = openStore(path, { threads })
  expect(store.verify().problems).toEqual([])
  const places: unknown[] = []
  for (const page of store.log.pages()) {
    for (const { metadata } of page) {
      const from = metadata?.['importedFrom'] as { sequence: number } | undefined
      if (from) places.push(from.sequence)
    }
  }
  expect(places).toEqual(places.map((_, index) => index + 1))
  const [unfinished] = store.threads.unfinishedImports()
  const isHalf = places.length > 0 && places.length < EVENTS
  expect(unfinished?.done).toBe(isHalf ? places.length : undefined)
  expect(store.threads.get('t')?.isHalfImported).toBe(places.length === 0 ? undefined : isHalf)
  if (isHalf) {
    const start = { type: 'turn.start', threadId: 't', input: 'x' } as const
    expect(store.threads.dispatch(start)).toMatchObject({ reason: 'held-back' })
    expect(() => store.threads.importThread(OTHER)).toThrow('another archive')
  }
  return places.length
}

test('an import that is killed is completed by the same archive, each event once', async () => {
  const folder = tempFolder()
  const archive = join(folder, 'thread.jsonl')
  writeFileSync(archive, `${[...archiveOf(longThread(MESSAGES, ACTIVITIES))].join('\n')}\n`)
  const template = join(folder, 'template.db')
  openStore(template, { threads }).close()
  const whole = join(folder, 'whole.db')
  copyFileSync(template, whole)
  const startedAt = performance.now()
  await runWorker('import-thread', { path: whole, way: 'import', archive })
  const takesMs = performance.now() - startedAt
  expect(expectBeginning(whole)).toBe(EVENTS)
  const count = rounds(4, 60)
  const partly = new Set<number>()
  // Until some have met it in the middle: on a busy machine a wait says little of where it is.
  for (let round = 0; round < count || (partly.size <= 2 && round < MAX_ROUNDS); round++) {
    const path = join(folder, `round-${round}.db`)
    copyFileSync(template, path)
    const kill = async (afterMs: number) => {
      const worker = await startWorker('import-thread', { path, way: 'import', archive })
      worker.tell('go')
      while (worker.lines.length === 0) await sleep(1)
      await sleep(afterMs)
      await worker.kill()
      partly.add(expectBeginning(path))
    }
    await kill(takesMs * spread(round))
    await kill(takesMs / 4)
    using store = openStore(path, { threads })
    expect(store.threads.importThread(archive)).toMatchObject({ events: EVENTS })
    expect(expectBeginning(path)).toBe(EVENTS)
    expect(store.threads.get('t')).toMatchObject({ messageCount: MESSAGES })
    expect(store.sql.all('SELECT id FROM threads_activity')).toHaveLength(ACTIVITIES)
  }
  expect(partly.size).toBeGreaterThan(2)
})
