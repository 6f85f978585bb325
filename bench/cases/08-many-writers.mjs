import { openPlain } from '../lib/hand-written.mjs'
import { open } from '../lib/holdfast.mjs'
import { ensurePresent, median, ratio } from '../lib/measure.mjs'
import { jain, together } from '../lib/processes.mjs'

const PROCESSES = 8

/** Eight processes that do nothing but append: for a while to warm up, then for a fixed time that counts. */
export function manyWriters({ title, durability, floors, scale }) {
  const ms = 2500 * scale
  const run = (kind) => async (directory) => {
    const path = `${directory}/${kind}.db`
    const opened = kind === 'holdfast' ? open(path) : openPlain(path)
    const reports = await together(PROCESSES, 'append-for', [kind, path, ms, durability])
    const counts = reports.map(({ count }) => count)
    const sum = (values) => values.reduce((total, value) => total + value, 0)
    const written = sum(reports.map(({ total }) => total))
    ensurePresent(kind, kind === 'holdfast' ? opened.log.head() : opened.count(), written)
    opened.close()
    return {
      rate: (sum(counts) / ms) * 1000,
      worstWaitMs: Math.max(...reports.map(({ worstMs }) => worstMs)),
      jain: jain(counts),
    }
  }
  return {
    title,
    synchronous: durability === 'full' ? 'FULL' : 'NORMAL',
    repetitions: 3,
    variants: { holdfast: run('holdfast'), 'busy timeout': run('plain') },
    judge: (figures) => {
      const ours = figures.holdfast
      const theirs = figures['busy timeout']
      const rates = (runs) => runs.map((run) => run.rate)
      console.log(
        `  holdfast ${Math.round(median(rates(ours)))}/s · busy timeout ${Math.round(median(rates(theirs)))}/s, its worst wait ${Math.round(median(theirs.map((run) => run.worstWaitMs)))} ms, Jain ${median(theirs.map((run) => run.jain)).toFixed(2)}`,
      )
      return [
        {
          name: 'throughput over busy timeout',
          value: ratio(rates(ours), rates(theirs)),
          floor: floors.rate,
          ambition: floors.rateAmbition,
        },
        {
          name: 'worst wait, ms',
          value: median(ours.map((run) => run.worstWaitMs)),
          atMost: floors.worstMs,
        },
        { name: 'Jain', value: median(ours.map((run) => run.jain)), floor: 0.95 },
      ]
    },
  }
}

export function define({ scale }) {
  return manyWriters({
    title: `${PROCESSES} processes, one event a transaction`,
    durability: 'normal',
    floors: { rate: 0.75, rateAmbition: 0.95, worstMs: 200 },
    scale,
  })
}
