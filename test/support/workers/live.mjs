/** Shows texts as they grow, one after another: a first piece, and the others in bursts. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../../dist/index.js'
import { ready, told, work } from './protocol.mjs'

const BURST = 13

await work(async ({ path, texts, pieces }) => {
  const store = openStore(path)
  await ready()
  for (let text = 0; text < texts; text++) {
    const key = `chat#${text}`
    let offset = 0
    for (let n = 0; n < pieces; n++) {
      const piece = `${n} `
      store.live.set(key, { offset, text: piece })
      offset += piece.length
      if (n === 0) await told(`seen ${key}`)
      // Pieces of a burst are given in one turn, so on no machine is each written on its own.
      else if (n % BURST === 0) await sleep(5)
    }
    // Until all has been written: the end takes away what was not.
    await sleep(80)
    store.live.end(key)
  }
  store.close()
})
