/** A module whose tables are made anew wants 24 of a long log's events; and a late follower. */
import { openStore } from '../../dist/index.js'
import { bench, rare } from '../lib/holdfast.mjs'

const [path, step, countText] = process.argv.slice(2)
const steps = { catchUp, reconnect }
process.send({ kind: 'done', ...(await steps[step]()) })
process.disconnect()

function catchUp() {
  const store = openStore(path, { bench, rare })
  const startedAt = performance.now()
  store.rebuild('rare')
  const ms = performance.now() - startedAt
  const { rows } = store.sql.get('SELECT count(*) AS rows FROM rare_thing')
  store.close()
  return { ms, rows, rssMb: process.resourceUsage().maxRSS / 1024 }
}

async function reconnect() {
  const store = openStore(path, { bench, rare }, { mode: 'read' })
  const after = store.log.head() - Number(countText)
  const startedAt = performance.now()
  const follower = store.follow({ live: true, after })
  const { value } = await follower.next()
  const firstMs = performance.now() - startedAt
  // One more, so that what was read ahead of it is in memory.
  await follower.next()
  const heapMb = process.memoryUsage().heapUsed / 1024 / 1024
  store.close()
  return { firstMs, isFirst: value.event?.sequence === after + 1, heapMb }
}
