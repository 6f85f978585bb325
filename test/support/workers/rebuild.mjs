/** Makes a module's tables anew, so that the test can kill it in the middle, or kills itself there. */
import { openStore } from '../../../dist/index.js'
import { gauges } from './gauges.mjs'
import { acknowledge, ready, work } from './protocol.mjs'

await work(async ({ path, isKilledInside }) => {
  const store = openStore(path, { gauges: gauges() }, { autoPrune: false })
  await ready()
  acknowledge('rebuilding')
  const onProgress = () => isKilledInside && process.kill(process.pid, 'SIGKILL')
  store.rebuild('gauges', { onProgress })
  acknowledge('rebuilt')
  store.close()
})
