import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPlain } from '../lib/hand-written.mjs'
import { append, open } from '../lib/holdfast.mjs'
import { rate, ratio } from '../lib/measure.mjs'
import { job } from '../lib/workload.mjs'

const BATCH = 1000
const ALL = 'SELECT sequence, stream, type, payload, ts FROM events ORDER BY sequence'
const PAGED =
  'SELECT sequence, stream, type, payload, ts FROM events WHERE sequence > ? ORDER BY sequence LIMIT 1000'
const RARE = /"rare":true/

export function define({ scale }) {
  const count = 1_000_000 * scale
  const made = make(count)
  process.once('exit', () => rmSync(made.directory, { recursive: true, force: true }))
  const withStore = (work) => () => {
    const store = open(made.store)
    return rate(count, () => work(store)).finally(() => store.close())
  }
  const withRows = (work) => () => {
    const store = openPlain(made.rows)
    return rate(count, () => work(store.database)).finally(() => store.database.close())
  }
  return {
    title: `replay of ${count.toLocaleString('en')} events, and only of a rare type`,
    repetitions: 3,
    variants: {
      holdfast: withStore((store) => {
        let sum = 0
        for (const page of store.log.pages()) for (const { data } of page) sum += data.durationMs
        return sum
      }),
      'all()': withRows((database) => {
        let sum = 0
        for (const row of database.prepare(ALL).all()) sum += JSON.parse(row.payload).durationMs
        return sum
      }),
      paged: withRows((database) => {
        let sum = 0
        const statement = database.prepare(PAGED)
        for (let after = 0; ; ) {
          const rows = statement.all(after)
          for (const row of rows) sum += JSON.parse(row.payload).durationMs
          if (rows.length === 0) return sum
          after = rows.at(-1).sequence
        }
      }),
      'holdfast rare type': withStore((store) => {
        let found = 0
        for (const page of store.log.pages({ types: ['bench.job.rare'] })) found += page.length
        if (found !== made.rare) throw new Error(`${found} of ${made.rare} rare events`)
      }),
      'paged rare type': withRows((database) => {
        let found = 0
        const statement = database.prepare(PAGED)
        for (let after = 0; ; ) {
          const rows = statement.all(after)
          for (const row of rows)
            if (RARE.test(row.payload) && JSON.parse(row.payload).rare) found++
          if (rows.length === 0) return found
          after = rows.at(-1).sequence
        }
      }),
    },
    judge: (figures) => [
      {
        name: 'over all()',
        value: ratio(figures.holdfast, figures['all()']),
        floor: 2,
        ambition: 3,
      },
      {
        name: 'over paged',
        value: ratio(figures.holdfast, figures.paged),
        floor: 1.1,
        ambition: 1.5,
      },
      {
        name: 'case 6: rare type over paged',
        value: ratio(figures['holdfast rare type'], figures['paged rare type']),
        floor: 5,
        ambition: 9,
      },
    ],
  }
}

function make(count) {
  const directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'holdfast-replay-'))
  const made = { directory, store: `${directory}/store.db`, rows: `${directory}/rows.db`, rare: 0 }
  const store = open(made.store)
  const rows = openPlain(made.rows)
  for (let first = 0; first < count; first += BATCH) {
    const items = Array.from({ length: BATCH }, (_, index) => job(first + index))
    if (first % 50_000 === 0) made.rare++
    store.write((tx) => {
      for (const item of items) append(tx, item)
      if (first % 50_000 === 0)
        tx.append('bench.rare/1', { type: 'bench.job.rare', data: { rare: true } })
    })
    rows.batch(items)
  }
  store.close()
  rows.close()
  return made
}
