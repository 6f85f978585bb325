/** Appends with a mirror, by the ways there are, until it is done or killed; says what it has appended. */
import { openStore } from '../../../dist/index.js'
import { acknowledge, ready, work } from './protocol.mjs'
import { added, tally } from './tally.mjs'

await work(
  async ({ path, mirror, name, count, perCommit = 1, isAcknowledging = false, pauseMs = 0 }) => {
    await ready()
    const store = openStore(path, { tally: tally() }, { mirror, busyTimeoutMs: 60_000 })
    for (let index = 0; index < count; index += perCommit) {
      store.write((tx) => {
        for (let n = 0; n < perCommit; n++) tx.append(`tally.entry/${name}`, added(name, index + n))
      })
      if (isAcknowledging) acknowledge(store.log.head())
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    store.close()
  },
)
