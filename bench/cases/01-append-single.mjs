import { openPlain, openTuned } from '../lib/hand-written.mjs'
import { append, open } from '../lib/holdfast.mjs'
import { ensurePresent, rate, ratio } from '../lib/measure.mjs'
import { job } from '../lib/workload.mjs'

export function define({ scale }) {
  const count = 50_000 * scale
  const byHand = (openStore) => (directory) => {
    const store = openStore(`${directory}/events.db`)
    return rate(count, () => {
      for (let index = 0; index < count; index++) store.append(job(index))
      ensurePresent('by hand', store.count(), count)
      store.close()
    })
  }
  return {
    title: 'one event and its projection a transaction',
    variants: {
      holdfast: (directory) => {
        const store = open(`${directory}/store.db`)
        return rate(count, () => {
          for (let index = 0; index < count; index++) store.write((tx) => append(tx, job(index)))
          ensurePresent('holdfast', store.log.head(), count)
          store.close()
        })
      },
      plain: byHand(openPlain),
      tuned: byHand(openTuned),
    },
    judge: ({ holdfast, plain, tuned }) => [
      { name: 'over plain', value: ratio(holdfast, plain), floor: 1.0, ambition: 1.2 },
      { name: 'over tuned', value: ratio(holdfast, tuned), floor: 0.6 },
    ],
  }
}
