import { readFileSync } from 'node:fs'
import { openPlain } from '../lib/hand-written.mjs'
import { append, open } from '../lib/holdfast.mjs'
import { ensurePresent, rate, ratio } from '../lib/measure.mjs'
import { message, start } from '../lib/processes.mjs'
import { job } from '../lib/workload.mjs'

const BATCH = 1000

export function define({ scale }) {
  const count = 200_000 * scale
  const items = (first) => Array.from({ length: BATCH }, (_, index) => job(first + index))
  const appendAll = (store) => {
    for (let first = 0; first < count; first += BATCH) {
      const batch = items(first)
      store.write((tx) => {
        for (const item of batch) append(tx, item)
      })
    }
    ensurePresent('holdfast', store.log.head(), count)
  }
  return {
    title: `batches of ${BATCH} with the doorbell, while another process follows; with a mirror`,
    variants: {
      holdfast: async (directory) => {
        const store = open(`${directory}/store.db`)
        const child = start('drain', [`${directory}/store.db`, count])
        await message(child, 'ready')
        const drained = message(child, 'done')
        const result = await rate(count, () => appendAll(store))
        await drained
        child.disconnect()
        store.close()
        return result
      },
      mirrored: async (directory) => {
        const mirror = `${directory}/events.jsonl`
        const store = open(`${directory}/store.db`, { mirror })
        const result = await rate(count, () => {
          appendAll(store)
          store.close()
        })
        // One line an event, and that which begins the file.
        const lines = readFileSync(mirror).reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0)
        ensurePresent('the mirror', lines - 1, count)
        return result
      },
      plain: (directory) => {
        const store = openPlain(`${directory}/events.db`)
        return rate(count, () => {
          for (let first = 0; first < count; first += BATCH) store.batch(items(first))
          store.close()
        })
      },
    },
    judge: ({ holdfast, mirrored, plain }) => [
      {
        name: 'over plain that nobody follows',
        value: ratio(holdfast, plain),
        floor: 0.8,
        ambition: 0.95,
      },
      {
        name: 'with a mirror, over plain without one',
        value: ratio(mirrored, plain),
        floor: 0.8,
        ambition: 0.95,
      },
    ],
  }
}
