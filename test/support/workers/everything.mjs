/** Does with a store whatever there is to do, in one process. */
import { collection, document, openStore } from '../../../dist/index.js'
import { ready, work } from './protocol.mjs'
import { added, tally } from './tally.mjs'

await work(async ({ path }) => {
  await ready()
  const counters = collection({ unique: ['slug'], index: ['count'] })
  const settings = document({ theme: 'dark' })
  const unattached = openStore(path, { tally: tally() }, { mode: 'read' })
  const store = openStore(path, { tally: tally(), counters, settings })
  store.tally.add('a')
  store.counters.put({ id: 'c', slug: 's', count: 1 })
  store.counters.update('c', (c) => ({ ...c, count: 2 }))
  store.counters.delete('c')
  store.settings.update((s) => ({ ...s, theme: 'light' }))
  store.log.append('tally.entry/a', { ...added('a'), metadata: { long: 'x'.repeat(100_000) } })
  const follower = store.follow({ after: 0 })
  for (let seen = 0; seen < 4; seen++) await follower.next()
  const consumer = store.log.consumer('c')
  await consumer.next()
  consumer.commit()
  const waiting = follower.next()
  await store.writeAsync((tx) => tx.append('tally.entry/b', added('b')), { durability: 'full' })
  await waiting
  const lease = store.leases.acquire({ name: 'l', ttlMs: 1000 })
  store.leases.release(store.leases.renew(lease))
  store.write((tx) => {
    for (let n = 0; n < 3000; n++) tx.append('tally.entry/c', added(`c${n}`))
  })
  // Past the poll that looks whether the file was replaced, and the idle checkpoint.
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  await follower.return()
  await consumer.return()
  store.read(() => store.log.read({ limit: 10 }))
  const head = unattached.log.head()
  const reports = [store.verify(), store.rebuild('tally'), store.status()]
  unattached.close()
  store.close()
  const newer = openStore(path, { tally: tally('raised') })
  const held = newer.verify().ok && reports[0].ok
  newer.close()
  openStore(path, { tally: tally('raised') }, { mode: 'exclusive' }).close()
  return { held, head }
})
