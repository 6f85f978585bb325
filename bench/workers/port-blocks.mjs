import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../dist/index.js'

const WARM_UP = 20
const [path, countText, indexText] = process.argv.slice(2)
const key = `agent-${indexText}`
const store = openStore(path, {}, { busyTimeoutMs: 60_000 })

// Waiting is measured, not 32 compilers on two cores.
for (let n = 0; n < WARM_UP; n++) store.ports.release(store.ports.allocate(key))
process.send({ kind: 'ready' })
process.once('message', async () => {
  let worstMs = 0
  for (let n = 0; n < Number(countText); n++) {
    const startedAt = performance.now()
    const block = store.ports.allocate(key)
    worstMs = Math.max(worstMs, performance.now() - startedAt)
    await sleep(Math.random() * 5)
    store.ports.release(block)
  }
  process.send({ kind: 'done', worstMs }, () => store.close())
})
