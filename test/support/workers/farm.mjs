/** What processes of a farm do at once: put builders, spawn in two commits, open with older state. */
import { openStore } from '../../../dist/index.js'
import { farm } from '../../../dist/modules/farm/index.js'
import { blockUntil } from './block.mjs'
import { note, PATIENT, ready, told, work } from './protocol.mjs'

const ACTIONS = {
  upsert: async ({ path, workspace, name, count }) => {
    const store = openStore(path, { farm }, PATIENT)
    await ready()
    const { builders } = store.farm.in(workspace)
    for (let n = 0; n < count; n++) builders.put({ id: `${name}-${n}`, port: 0, phase: `${n}` })
    store.close()
  },
  // Two stores, two commits, and a pause between them in which the test may kill.
  spawn: async ({ userPath, path, workspace, id, layout, pausesAt }) => {
    const user = openStore(userPath, {}, PATIENT)
    const store = openStore(path, { farm }, PATIENT)
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
  hold: async ({ path, workspace, until }) => {
    const store = openStore(path, { farm }, PATIENT)
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
    const store = openStore(path, { farm }, { ...PATIENT, importFrom: legacy })
    const builders = store.farm.processes().length
    store.close()
    return builders
  },
}

await work((task) => ACTIONS[task.action](task))
