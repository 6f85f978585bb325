/** A durable consumer that says of each event when it has handled it. */
import { openStore } from '../../../dist/index.js'
import { acknowledge, ready, work } from './protocol.mjs'
import { tally } from './tally.mjs'

await work(async ({ path, last }) => {
  const store = openStore(path, { tally: tally() })
  const consumer = store.log.consumer('worker')
  await ready()
  for await (const event of consumer) {
    // Some work, so that a kill meets it in the middle.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.5)
    acknowledge(event.sequence)
    if (event.sequence === last) consumer.commit()
    if (event.sequence === last) break
  }
  store.close()
})
