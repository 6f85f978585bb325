/** Opens a store with one release of the module, appends, and says what it saw. */
import { openStore } from '../../../dist/index.js'
import { note, PATIENT, ready, told, work } from './protocol.mjs'
import { tally } from './tally.mjs'

await work(async ({ path, release, name, count = 0, isWaiting = false, options }) => {
  await ready()
  const store = openStore(path, { tally: tally(release) }, { ...PATIENT, ...options })
  note('open')
  if (isWaiting) await told('on')
  for (let index = 0; index < count; index++) store.tally.add(name)
  const seen = { logId: store.log.id, head: store.log.head(), rows: store.tally.rows() }
  store.close()
  return seen
})
