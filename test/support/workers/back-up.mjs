/** Makes one backup. */
import { openStore } from '../../../dist/index.js'
import { ready, work } from './protocol.mjs'

await work(async ({ path }) => {
  const store = openStore(path, {}, { mode: 'read' })
  await ready()
  const report = await store.backup()
  store.close()
  return report
})
