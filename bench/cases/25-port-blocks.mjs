import { openStore } from '../../dist/index.js'
import { ensurePresent, median } from '../lib/measure.mjs'
import { together } from '../lib/processes.mjs'

const PROCESSES = 32

/** The agents of a farm, which all take a block of ports, work with it and give it back. */
export function define({ scale }) {
  const count = Math.max(1, Math.round(20 * scale))
  const run = async (directory) => {
    const path = `${directory}/user.db`
    const store = openStore(path)
    const reports = await together(PROCESSES, 'port-blocks', [path, count])
    ensurePresent('blocks given back', store.ports.list().length, 0)
    store.close()
    return { worstMs: Math.max(...reports.map(({ worstMs }) => worstMs)) }
  }
  return {
    title: `${PROCESSES} processes take and give back a block of ports, ${count} times each`,
    repetitions: 3,
    variants: { holdfast: run },
    judge: ({ holdfast }) => [
      { name: 'worst wait, ms', value: median(holdfast.map((run) => run.worstMs)), atMost: 500 },
    ],
  }
}
