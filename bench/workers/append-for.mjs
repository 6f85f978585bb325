import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPlain } from '../lib/hand-written.mjs'
import { append, open } from '../lib/holdfast.mjs'
import { job } from '../lib/workload.mjs'

const WARM_UP = 5000
const [kind, path, msText, durability, indexText] = process.argv.slice(2)
const openIt = (file) =>
  kind === 'holdfast'
    ? open(file, { durability })
    : openPlain(file, { synchronous: durability === 'full' ? 'FULL' : 'NORMAL', timeout: 60_000 })
const store = openIt(path)
const writeTo = (opened) =>
  kind === 'holdfast'
    ? (data) => opened.write((tx) => append(tx, data))
    : (data) => opened.append(data)
const write = writeTo(store)

// A process that has run for long is measured, not eight compilers warming up on two cores.
warmUp()
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

function warmUp() {
  const directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'holdfast-warm-'))
  const own = openIt(`${directory}/store.db`)
  const writeOwn = writeTo(own)
  for (let index = 0; index < WARM_UP; index++) writeOwn(job(index))
  own.close()
  rmSync(directory, { recursive: true, force: true })
}
