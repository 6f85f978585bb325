/** What processes of a farm do at once: put builders, take ports, spawn in two commits. */
import { closeSync, openSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../../dist/index.js'
import { farm } from '../../../dist/modules/farm/index.js'
import { blockUntil } from './block.mjs'
import { note, ready, told, work } from './protocol.mjs'

const ACTIONS = {
  upsert: async ({ path, workspace, name, count }) => {
    const store = openStore(path, { farm })
    await ready()
    const { builders } = store.farm.in(workspace)
    for (let n = 0; n < count; n++) builders.put({ id: `${name}-${n}`, port: 0, phase: `${n}` })
    store.close()
  },
  // The witness is outside the store: its file can be made by one process at a time.
  ports: async ({ path, key, count, witness }) => {
    // Longer than any machine lets one of 32 wait: what is shown is that none comes in between.
    const store = openStore(path, {}, { busyTimeoutMs: 120_000 })
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
  // Two stores, two commits, and a pause between them in which the test may kill.
  spawn: async ({ userPath, path, workspace, id, layout, pausesAt }) => {
    const user = openStore(userPath)
    const store = openStore(path, { farm })
    await ready()
    const pause = async (place) => {
      if (pausesAt !== place) return
      note('paused')
      await told('go on')
    }
    const { builders } = store.farm.in(workspace)
    const ports = user.ports.with(layout)
    const reservation = builders.reserve({ id })
    await pause('builder reserved')
    const block = ports.reserve(`${workspace}#${id}`)
    await pause('port reserved')
    ports.activate(block)
    await pause('port activated')
    builders.activate(reservation, { port: block.base, pid: process.pid, status: 'implementing' })
    note('spawned', block.base)
    await told('end')
    user.close()
    store.close()
    return block.base
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
  hold: async ({ path, workspace, until }) => {
    const store = openStore(path, { farm })
    await ready()
    store.write(() => {
      store.farm.in(workspace).builders.put({ id: 'held' })
      note('holding')
      blockUntil(until)
    })
    store.close()
  },
  open: async ({ path, legacy }) => {
    await ready()
    const store = openStore(path, { farm }, { importFrom: legacy })
    const builders = store.farm.processes().length
    store.close()
    return builders
  },
}

await work((task) => ACTIONS[task.action](task))
