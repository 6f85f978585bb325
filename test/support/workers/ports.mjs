/** Takes port blocks and gives them back, or reserves one: without a module, for many start at once. */
import { closeSync, openSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../../dist/index.js'
import { note, PATIENT, ready, told, work } from './protocol.mjs'

const ACTIONS = {
  // The witness is outside the store: its file can be made by one process at a time.
  take: async ({ path, key, count, witness }) => {
    const store = openStore(path, {}, PATIENT)
    await ready()
    let got = 0
    for (; got < count; got++) {
      const block = store.ports.allocate(key)
      const file = `${witness}-${block.base}`
      closeSync(openSync(file, 'wx'))
      await sleep(Math.random() * 5)
      rmSync(file)
      if (!store.ports.release(block)) throw new Error(`block ${block.base} was lost`)
    }
    store.close()
    return got
  },
  reserve: async ({ path, key }) => {
    const store = openStore(path)
    await ready()
    const block = store.ports.reserve(key)
    note('reserved', block)
    await told('activate')
    store.ports.activate(block)
    store.close()
  },
}

await work((task) => ACTIONS[task.action](task))
