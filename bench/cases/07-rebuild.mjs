import { ratio } from '../lib/measure.mjs'
import { message, start } from '../lib/processes.mjs'

export function define({ scale }) {
  const count = 1_000_000 * scale
  // In a process of its own, so that its memory is that of this work alone.
  const run = async (directory) => {
    const child = start('rebuild', [directory, count])
    const report = await message(child, 'done')
    child.disconnect()
    return report
  }
  return {
    title: `rebuild and memory at ${count.toLocaleString('en')} events, in a process of its own`,
    repetitions: 3,
    variants: { holdfast: run },
    judge: ({ holdfast }) => [
      {
        name: 'rebuild over our own batch rate',
        value: ratio(
          holdfast.map((run) => run.rebuildRate),
          holdfast.map((run) => run.batchRate),
        ),
        floor: 0.5,
      },
      {
        name: 'resident memory of a replay, MB',
        value: Math.max(...holdfast.map((run) => run.replayRssMb)),
        atMost: 150,
      },
      {
        name: 'resident memory of a rebuild, MB',
        value: Math.max(...holdfast.map((run) => run.rebuildRssMb)),
        atMost: 150,
      },
      {
        name: 'verify over our own batch rate',
        value: ratio(
          holdfast.map((run) => run.verifyRate),
          holdfast.map((run) => run.batchRate),
        ),
        floor: 0.2,
      },
    ],
  }
}
