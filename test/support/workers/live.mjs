/** Shows texts as they grow, each piece saying when it was given; one text after another. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../../dist/index.js'
import { ready, work } from './protocol.mjs'

await work(async ({ path, texts, pieces }) => {
  const store = openStore(path)
  await ready()
  for (let text = 0; text < texts; text++) {
    let offset = 0
    for (let n = 0; n < pieces; n++) {
      const piece = `${Date.now()} `
      store.live.set(`chat#${text}`, { offset, text: piece })
      offset += piece.length
      await sleep(5)
    }
    await sleep(80)
    store.live.end(`chat#${text}`)
  }
  store.close()
})
