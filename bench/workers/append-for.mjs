import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPlain } from '../lib/hand-written.mjs'
import { append, open } from '../lib/holdfast.mjs'
import { job } from '../lib/workload.mjs'

const WARM_UP = 5000
const [kind, path, msText, durability, indexText] = process.argv.slice(2)
const openIt = (file, timeoutMs = 60_000) =>
  kind === 'holdfast'
    ? open(file, { durability, busyTimeoutMs: timeoutMs })
    : openPlain(file, {
        synchronous: durability === 'full' ? 'FULL' : 'NORMAL',
        timeout: timeoutMs,
      })
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

// With another that commits in between and holds the lock now and then: that is code of its own too.
function warmUp() {
  const directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'holdfast-warm-'))
  const own = openIt(`${directory}/store.db`)
  const other = openIt(`${directory}/store.db`, 1)
  const [writeOwn, writeOther] = [writeTo(own), writeTo(other)]
  for (let index = 0; index < WARM_UP; index++) {
    writeOwn(job(index))
    if (index % 4 === 0) writeOther(job(index + 7))
    if (index % 50 === 0) whileHeld(own, () => writeOther(job(index)))
  }
  for (const store of [own, other]) store.close()
  rmSync(directory, { recursive: true, force: true })
}

function whileHeld(store, attempt) {
  const refused = () => {
    try {
      attempt()
    } catch (error) {
      if (!/BUSY/.test(error.code)) throw error
    }
  }
  if (kind === 'holdfast') store.write(refused)
  else store.database.transaction(refused).immediate()
}
