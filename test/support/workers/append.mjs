/** Appends `count` events by one of the ways there are, acknowledging each when asked to. */
import { setTimeout as sleep } from 'node:timers/promises'
import { collection, openStore } from '../../../dist/index.js'
import { acknowledge, PATIENT, ready, work } from './protocol.mjs'
import { added, tally } from './tally.mjs'

const WAYS = {
  append: (store, name) => store.tally.add(name),
  write: (store, name) =>
    store.write((tx) => tx.append(`tally.entry/${name}`, added(name))).version,
  writeAsync: (store, name) =>
    store.writeAsync((tx) => tx.append(`tally.entry/${name}`, added(name))),
  put: (store, name) => store.counters.put({ id: name, count: Math.random() }),
  // Forty items in turn, with a text that a few of make a pack.
  describe: (store, name, index) =>
    store.counters.put({
      id: `${name}-${index % 40}`,
      count: index,
      text: `${index} `.repeat(100),
    }),
  update: (store, name) => store.counters.update(name, (c) => ({ ...c, count: c.count + 1 })),
}

await work(
  async ({ path, name, count, way = 'append', isAcknowledging = false, everyMs, options }) => {
    const store = openStore(
      path,
      { tally: tally(), counters: collection() },
      { ...PATIENT, ...options },
    )
    await ready()
    for (let index = 1; index <= count; index++) {
      await WAYS[way](store, name, index)
      if (isAcknowledging) acknowledge(index)
      if (everyMs) await sleep(everyMs)
    }
    store.close()
  },
)
