/** Makes a module's tables anew, so that the test can kill it in the middle. */
import { openStore } from '../../../dist/index.js'
import { gauges } from './gauges.mjs'
import { acknowledge, ready, work } from './protocol.mjs'

await work(async ({ path }) => {
  const store = openStore(path, { gauges: gauges() }, { autoPrune: false })
  await ready()
  acknowledge('rebuilding')
  store.rebuild('gauges')
  acknowledge('rebuilt')
  store.close()
})
