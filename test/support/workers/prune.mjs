/** Prunes a store, so that the test can kill it in the middle. */
import { openStore } from '../../../dist/index.js'
import { gauges } from './gauges.mjs'
import { acknowledge, ready, work } from './protocol.mjs'

await work(async ({ path, archive, nowMs }) => {
  const store = openStore(path, { gauges: gauges() }, { clock: () => nowMs, autoPrune: false })
  await ready()
  acknowledge('pruning')
  const { events, bases, segments } = store.prune({ archive })
  acknowledge('pruned')
  store.close()
  return { events, bases, segments }
})
