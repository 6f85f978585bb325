import { openPlain } from '../lib/hand-written.mjs'
import { append, open } from '../lib/holdfast.mjs'
import { job } from '../lib/workload.mjs'

// A process that has run for long is measured, not eight compilers warming up on two cores: after less they
// still take a third of the processors' time.
const WARM_UP_MS = 4000
const [kind, path, msText, durability, indexText] = process.argv.slice(2)
const store =
  kind === 'holdfast'
    ? open(path, { durability, busyTimeoutMs: 60_000 })
    : openPlain(path, {
        synchronous: durability === 'full' ? 'FULL' : 'NORMAL',
        timeout: 60_000,
      })
const write =
  kind === 'holdfast'
    ? (data) => store.write((tx) => append(tx, data))
    : (data) => store.append(data)

process.send({ kind: 'ready' })
process.once('message', () => {
  // The same window for all: one that waited past its begin counts from its next commit on.
  const begin = performance.now() + WARM_UP_MS
  const end = begin + Number(msText)
  let [count, total, worstMs] = [0, 0, 0]
  for (let before = performance.now(); before < end; ) {
    write(job(Number(indexText) * 100_000 + total))
    total++
    const after = performance.now()
    if (after >= begin && after < end) count++
    if (after >= begin) worstMs = Math.max(worstMs, after - before)
    before = after
  }
  process.send({ kind: 'done', count, worstMs, total }, () =>
    kind === 'holdfast' ? store.close() : store.database.close(),
  )
})
