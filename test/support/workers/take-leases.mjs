/** Takes and gives back one lease, with a witness outside the store that tells two holders. */
import { closeSync, openSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isStoreError, openStore } from '../../../dist/index.js'
import { PATIENT, ready, work } from './protocol.mjs'

await work(async ({ path, name, count }) => {
  const store = openStore(path, {}, PATIENT)
  const witness = `${path}.witness`
  await ready()
  const tokens = []
  while (tokens.length < count) {
    let lease
    try {
      lease = store.leases.acquire({ name, ttlMs: 60_000 })
    } catch (error) {
      if (!isStoreError(error, 'LEASE_HELD')) throw error
      await sleep(Math.random() * 5)
      continue
    }
    // Exclusive: fails when another process believes that it has the lease.
    closeSync(openSync(witness, 'wx'))
    await sleep(1)
    rmSync(witness)
    store.write(() => store.leases.ensure(lease))
    tokens.push(lease.fencingToken)
    store.leases.release(lease)
  }
  store.close()
  return tokens
})
