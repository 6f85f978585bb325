import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../dist/index.js'
import { openPlain } from '../lib/hand-written.mjs'
import { ensurePresent, rate, ratio } from '../lib/measure.mjs'
import { job } from '../lib/workload.mjs'

const BATCH = 1000
const CHUNK_BYTES = 1 << 20

export function define({ scale }) {
  const count = 200_000 * scale
  const source = make(count)
  return {
    title: `import of ${count.toLocaleString('en')} JSON lines, checkpoint and close included`,
    variants: {
      holdfast: (directory) => {
        const store = openStore(`${directory}/store.db`)
        return rate(count, () => {
          const { stored } = store.import([source])
          ensurePresent('report', stored, count)
          ensurePresent('holdfast', store.log.head(), count)
          store.close()
        })
      },
      naive: (directory) => {
        const store = openPlain(`${directory}/events.db`)
        return rate(count, () => {
          importByHand(store.database, source)
          ensurePresent('by hand', store.count(), count)
          store.close()
        })
      },
    },
    judge: ({ holdfast, naive }) => [
      { name: 'over naive', value: ratio(holdfast, naive), floor: 1.3, ambition: 2 },
    ],
  }
}

/** Chunks, lines, `JSON.parse`, `JSON.stringify`, one transaction a thousand. */
function importByHand(database, path) {
  const insert = database.prepare(
    'INSERT INTO events (stream, type, payload, ts) VALUES (?, ?, ?, ?)',
  )
  const store = database.transaction((items) => {
    for (const item of items) {
      insert.run('import.jobs', 'import.jobs.recorded', JSON.stringify(item), Date.parse(item.ts))
    }
  })
  const file = openSync(path, 'r')
  const chunk = Buffer.alloc(CHUNK_BYTES)
  let rest = ''
  let items = []
  for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
    const lines = (rest + chunk.toString('utf8', 0, read)).split('\n')
    rest = lines.pop()
    for (const line of lines) {
      if (items.push(JSON.parse(line)) < BATCH) continue
      store.immediate(items)
      items = []
    }
  }
  store.immediate(items)
  closeSync(file)
}

function make(count) {
  const directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'holdfast-import-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'jobs.jsonl')
  const startMs = Date.UTC(2026, 0, 1)
  for (let first = 0; first < count; first += BATCH) {
    const lines = Array.from({ length: Math.min(BATCH, count - first) }, (_, index) => {
      const ts = new Date(startMs + (first + index) * 1000).toISOString()
      return `${JSON.stringify({ ts, ...job(first + index) })}\n`
    })
    writeFileSync(path, lines.join(''), { flag: 'a' })
  }
  return path
}
