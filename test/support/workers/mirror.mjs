/** Appends with a mirror, by the ways there are, until it is done or killed; says what it has appended. */
import { openStore } from '../../../dist/index.js'
import { acknowledge, ready, work } from './protocol.mjs'
import { added, tally } from './tally.mjs'

/** Appends some events in one commit, or each in a function of its own that shares one with others. */
async function appendSome(store, name, first, task) {
  const indexes = Array.from({ length: task.perCommit ?? 1 }, (_, n) => first + n)
  const add = (tx, index) => {
    const ballast = task.ballast && { metadata: { ballast: name.repeat(task.ballast) } }
    tx.append(`tally.entry/${name}`, { ...added(name, index), ...ballast })
  }
  if (task.isAsync) {
    await Promise.all(indexes.map((index) => store.writeAsync((tx) => add(tx, index))))
    return
  }
  store.write((tx) => {
    for (const index of indexes) add(tx, index)
  })
}

await work(async (task) => {
  const { path, mirror, name, count, perCommit = 1, isAcknowledging = false, pauseMs = 0 } = task
  await ready()
  const options = { mirror, busyTimeoutMs: 60_000, ...task.options }
  const store = openStore(path, { tally: tally() }, options)
  for (let index = 0; index < count; index += perCommit) {
    await appendSome(store, name, index, task)
    if (isAcknowledging) acknowledge(store.log.head())
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  if (task.isLeftOpen !== true) store.close()
})
