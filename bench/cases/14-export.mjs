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
      'line by line': byHand(made, count, 1),
      'by the megabyte': byHand(made, count, PIECE_LENGTH),
    },
    judge: (figures) => [
      {
        name: 'over iterate, parse, stringify, write a line',
        value: ratio(figures.holdfast, figures['line by line']),
        floor: 3,
        ambition: 4.5,
      },
      {
        name: 'over the same, written by the megabyte',
        value: ratio(figures.holdfast, figures['by the megabyte']),
        floor: 1,
      },
    ],
  }
}

function byHand(made, count, pieceLength) {
  return (directory) => {
    const rows = openPlain(made.rows)
    return rate(count, () => {
      const path = `${directory}/rows.jsonl`
      ensurePresent('by hand', exportByHand(rows.database, path, pieceLength), count)
      rows.database.close()
    })
  }
}

/** Rows one by one: the payload parsed, so that the line is one JSON object, and made text again. */
function exportByHand(database, path, pieceLength) {
  const file = openSync(path, 'w')
  let count = 0
  let piece = ''
  for (const { payload, ...row } of database.prepare(ALL).iterate()) {
    piece += `${JSON.stringify({ ...row, data: JSON.parse(payload) })}\n`
    count++
    if (piece.length < pieceLength) continue
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
