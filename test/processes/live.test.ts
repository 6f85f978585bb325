/**
 * Texts that grow in one process and are followed in another.
 *
 * Invariants: the first piece is seen while no other is there yet; the pieces make the whole text, in
 * order; the writer commits less often than it is given pieces.
 */
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { tempStorePath } from '../support/temp-folder.ts'
import { startWorker } from '../support/worker-process.ts'

const TEXTS = 12
const PIECES = 40

test('another process sees the first piece before there is a second, and all of them in order', async () => {
  const path = tempStorePath()
  openStore(path).close()
  const worker = await startWorker('live', { path, texts: TEXTS, pieces: PIECES })
  using store = openStore(path, {}, { mode: 'read' })
  const follower = store.follow({ live: true, stream: 'chat' })
  expect((await follower.next()).value).toMatchObject({ kind: 'synchronized' })
  worker.tell('go')
  const texts = new Map<string, string>()
  let items = 0
  for await (const item of follower) {
    if (item.kind !== 'live') continue
    if (item.isEnd) {
      if (item.key === `chat#${TEXTS - 1}`) break
      continue
    }
    items++
    const text = texts.get(item.key) ?? ''
    // The writer waits for that word, and would wait for ever. How soon it comes is measured by
    // bench/cases/23-streamed-answers.mjs.
    if (text === '') worker.tell(`seen ${item.key}`)
    expect(item.offset).toBe(text.length)
    texts.set(item.key, text + item.text)
  }
  expect(texts.size).toBe(TEXTS)
  for (const text of texts.values()) expect(text.split(' ')).toHaveLength(PIECES + 1)
  expect(items).toBeLessThan((TEXTS * PIECES) / 3)
  await worker.result
})
