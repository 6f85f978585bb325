/** Moves gauges about, each to a place that was never taken. */
import { openStore } from '../../../dist/index.js'
import { gauges } from './gauges.mjs'
import { PATIENT, ready, work } from './protocol.mjs'

await work(async ({ path, name, count }) => {
  const store = openStore(path, { gauges: gauges() }, PATIENT)
  await ready()
  for (let n = 0; n < count; n++) store.gauges.place(`g${n % 10}`, `${name} ${n}`)
  store.close()
})
