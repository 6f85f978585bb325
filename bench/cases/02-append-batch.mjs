import { openPlain, openTuned } from '../lib/hand-written.mjs'
import { append, open } from '../lib/holdfast.mjs'
import { ensurePresent, rate, ratio } from '../lib/measure.mjs'
import { job } from '../lib/workload.mjs'

const BATCH = 1000

export function define({ scale }) {
  const count = 200_000 * scale
  const byHand = (openStore) => (directory) => {
    const store = openStore(`${directory}/events.db`)
    return rate(count, () => {
      for (let first = 0; first < count; first += BATCH) {
        store.batch(Array.from({ length: BATCH }, (_, index) => job(first + index)))
      }
      ensurePresent('by hand', store.count(), count)
      store.close()
    })
  }
  return {
    title: `${BATCH} events and their projection a transaction`,
    variants: {
      holdfast: (directory) => {
        const store = open(`${directory}/store.db`)
        return rate(count, () => {
          for (let first = 0; first < count; first += BATCH) {
            const items = Array.from({ length: BATCH }, (_, index) => job(first + index))
            store.write((tx) => {
              for (const item of items) append(tx, item)
            })
          }
          ensurePresent('holdfast', store.log.head(), count)
          store.close()
        })
      },
      plain: byHand(openPlain),
      tuned: byHand(openTuned),
    },
    judge: ({ holdfast, plain, tuned }) => [
      { name: 'over plain', value: ratio(holdfast, plain), floor: 0.9, ambition: 1.1 },
      { name: 'over tuned', value: ratio(holdfast, tuned), floor: 0.6 },
    ],
  }
}
