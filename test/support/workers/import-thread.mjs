/**
 * One of three things: takes a thread over from the file of an archive; exports a thread into a file; writes small
 * things of its own until the test says `enough`, and tells how long it waited at most.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { openStore } from '../../../dist/index.js'
import { threads } from '../../../dist/modules/threads/index.js'
import { acknowledge, ready, told, work } from './protocol.mjs'

const WAYS = {
  import: ({ threads: api }, { archive }) => {
    acknowledge('importing')
    const onProgress = (done) => acknowledge(`done ${done}`)
    const imported = api.importThread(archive, { onProgress })
    acknowledge('imported')
    return imported
  },
  export: ({ threads: api }, { archive }) => {
    const file = openSync(archive, 'w')
    const exported = api.exportThreadTo('t', (line) => writeSync(file, `${line}\n`))
    closeSync(file)
    return exported
  },
  write: async ({ threads: api }) => {
    let isEnough = false
    void told('enough').then(() => {
      isEnough = true
    })
    let count = 0
    let longestMs = 0
    for (; !isEnough; count++) {
      const startedAt = performance.now()
      api.execute({ type: 'setting.change', key: 'count', value: count })
      longestMs = Math.max(longestMs, performance.now() - startedAt)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    return { count, longestMs }
  },
}

await work(async ({ path, way, busyTimeoutMs = 10_000, ...task }) => {
  const store = openStore(path, { threads }, { busyTimeoutMs })
  await ready()
  const result = await WAYS[way](store, task)
  store.close()
  return result
})
