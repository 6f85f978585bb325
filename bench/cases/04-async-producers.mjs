import { openPlain } from '../lib/hand-written.mjs'
import { append, open } from '../lib/holdfast.mjs'
import { ensurePresent, rate, ratio } from '../lib/measure.mjs'
import { job } from '../lib/workload.mjs'

const PRODUCERS = 64

// Each producer does the same number.
const rounded = (count) => Math.ceil(count / PRODUCERS) * PRODUCERS

export function define({ scale }) {
  const counts = { normal: rounded(50_000 * scale), full: rounded(20_000 * scale) }
  const single = (synchronous, count) => (directory) => {
    const store = openPlain(`${directory}/events.db`, { synchronous })
    return rate(count, () => {
      for (let index = 0; index < count; index++) store.append(job(index))
      store.close()
    })
  }
  const producers = (durability, count) => (directory) => {
    const store = open(`${directory}/store.db`, { durability })
    return rate(count, async () => {
      const produce = async (producer) => {
        for (let index = producer; index < count; index += PRODUCERS) {
          await store.writeAsync((tx) => append(tx, job(index)))
        }
      }
      await Promise.all(Array.from({ length: PRODUCERS }, (_, producer) => produce(producer)))
      ensurePresent('holdfast', store.log.head(), count)
      store.close()
    })
  }
  return {
    title: `${PRODUCERS} callers of writeAsync against one event a transaction`,
    synchronous: 'NORMAL and FULL',
    variants: {
      'holdfast normal': producers('normal', counts.normal),
      'plain NORMAL': single('NORMAL', counts.normal),
      'holdfast full': producers('full', counts.full),
      'plain FULL': single('FULL', Math.round(counts.full / 4)),
    },
    judge: (figures) => [
      {
        name: 'NORMAL',
        value: ratio(figures['holdfast normal'], figures['plain NORMAL']),
        floor: 2.5,
        ambition: 4,
      },
      {
        name: 'FULL',
        value: ratio(figures['holdfast full'], figures['plain FULL']),
        floor: 6,
        ambition: 10,
      },
    ],
  }
}
