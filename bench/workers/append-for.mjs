import { openPlain } from '../lib/hand-written.mjs'
import { append, open } from '../lib/holdfast.mjs'
import { job } from '../lib/workload.mjs'

const [kind, path, msText, durability, indexText] = process.argv.slice(2)
const store =
  kind === 'holdfast'
    ? open(path, { durability })
    : openPlain(path, { synchronous: durability === 'full' ? 'FULL' : 'NORMAL', timeout: 60_000 })
const write =
  kind === 'holdfast'
    ? (data) => store.write((tx) => append(tx, data))
    : (data) => store.append(data)

process.send({ kind: 'ready' })
process.once('message', () => {
  const end = performance.now() + Number(msText)
  let count = 0
  let worstMs = 0
  let before = performance.now()
  while (before < end) {
    write(job(Number(indexText) * 100_000 + count))
    count++
    const after = performance.now()
    worstMs = Math.max(worstMs, after - before)
    before = after
  }
  process.send({ kind: 'done', count, worstMs }, () =>
    kind === 'holdfast' ? store.close() : store.database.close(),
  )
})
