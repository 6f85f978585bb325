import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportStore, writeFileWhole } from '../../dist/index.js'
import { openPlain } from '../lib/hand-written.mjs'
import { append, open } from '../lib/holdfast.mjs'
import { ensurePresent, rate, ratio } from '../lib/measure.mjs'
import { job } from '../lib/workload.mjs'

const BATCH = 1000
const PIECE_LENGTH = 1 << 20
const ALL = 'SELECT sequence, stream, type, payload, ts FROM events ORDER BY sequence'

export function define({ scale }) {
  const count = 200_000 * scale
  const made = make(count)
  return {
    title: `export of ${count.toLocaleString('en')} events to a file`,
    variants: {
      holdfast: (directory) =>
        rate(count, () => {
          const write = (put) => exportStore(made.store, put)
          const { events } = writeFileWhole(`${directory}/export.jsonl`, write)
          ensurePresent('holdfast', events, count)
        }),
      naive: (directory) => {
        const rows = openPlain(made.rows)
        return rate(count, () => {
          ensurePresent('by hand', exportByHand(rows.database, `${directory}/rows.jsonl`), count)
          rows.database.close()
        })
      },
    },
    judge: ({ holdfast, naive }) => [
      { name: 'over naive', value: ratio(holdfast, naive), floor: 3, ambition: 4.5 },
    ],
  }
}

/** Rows one by one, `JSON.stringify`, written a megabyte at a time; payloads stay text in text. */
function exportByHand(database, path) {
  const file = openSync(path, 'w')
  let count = 0
  let piece = ''
  for (const row of database.prepare(ALL).iterate()) {
    piece += `${JSON.stringify(row)}\n`
    count++
    if (piece.length < PIECE_LENGTH) continue
    writeSync(file, piece)
    piece = ''
  }
  writeSync(file, piece)
  closeSync(file)
  return count
}

function make(count) {
  const directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'holdfast-export-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const made = { store: `${directory}/store.db`, rows: `${directory}/rows.db` }
  const store = open(made.store)
  const rows = openPlain(made.rows)
  for (let first = 0; first < count; first += BATCH) {
    const items = Array.from({ length: BATCH }, (_, index) => job(first + index))
    store.write((tx) => {
      for (const item of items) append(tx, item)
    })
    rows.batch(items)
  }
  store.close()
  rows.close()
  return made
}
