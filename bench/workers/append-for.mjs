import { openPlain } from '../lib/hand-written.mjs'
import { append, open } from '../lib/holdfast.mjs'
import { job } from '../lib/workload.mjs'

// A process that has run for long is measured, not eight compilers warming up on two cores: after less they
// still take a third of the processors' time. Most of it in NORMAL, for in FULL it would be few commits.
const WARM_UP_MS = 4000
const WARM_UP_AS_MEASURED_MS = 1000
const [kind, path, msText, durability, indexText] = process.argv.slice(2)
const { writeFor, close } = kind === 'holdfast' ? holdfast() : plain()

process.send({ kind: 'ready' })
process.once('message', () => {
  const start = performance.now()
  // The same window for all: one that waited past its begin counts from its next commit on.
  const asMeasured = start + WARM_UP_MS
  const begin = asMeasured + WARM_UP_AS_MEASURED_MS
  const warmUp = writeFor('normal', 0, asMeasured, asMeasured)
  const measured = writeFor(durability, warmUp.total, begin, begin + Number(msText))
  process.send({ kind: 'done', ...measured }, close)
})

function holdfast() {
  const store = open(path, { busyTimeoutMs: 60_000 })
  const writeFor = (durability, ...window) => {
    const options = { durability }
    return writeIn(window, (data) => store.write((tx) => append(tx, data), options))
  }
  return { writeFor, close: () => store.close() }
}

function plain() {
  const store = openPlain(path, { timeout: 60_000 })
  const writeFor = (durability, ...window) => {
    store.database.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`)
    return writeIn(window, (data) => store.append(data))
  }
  return { writeFor, close: () => store.database.close() }
}

function writeIn([first, begin, end], write) {
  let [count, total, worstMs] = [0, first, 0]
  for (let before = performance.now(); before < end; ) {
    write(job(Number(indexText) * 100_000 + total))
    total++
    const after = performance.now()
    if (after >= begin && after < end) count++
    if (after >= begin) worstMs = Math.max(worstMs, after - before)
    before = after
  }
  return { count, total, worstMs }
}
