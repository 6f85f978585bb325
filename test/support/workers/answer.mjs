/** Writes an answer without an end, thoughts or words that count up, and says each when it was given. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../../dist/index.js'
import { threads } from '../../../dist/modules/threads/index.js'
import { acknowledge, ready, work } from './protocol.mjs'

await work(async ({ path, threadId, kind, maxLength }) => {
  const store = openStore(path, { threads })
  await ready()
  const answer = store.threads.answer(threadId, { maxLength })
  const tool = { activityId: `${threadId}-tool`, kind: 'tool', summary: 'count' }
  for (let n = 0; ; n++) {
    answer.activity({ ...tool, output: `line ${n}` })
    answer.ingest({ kind, delta: `${n} ` })
    acknowledge(String(n))
    await sleep(5)
  }
})
