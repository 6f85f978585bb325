/** Follows the log until `count` events have come, or the follower fails. */
import { openStore } from '../../../dist/index.js'
import { note, ready, work } from './protocol.mjs'
import { tally } from './tally.mjs'

await work(async ({ path, count, options }) => {
  const store = openStore(path, { tally: tally() }, options)
  const follower = store.follow({ after: 0 })
  // Asking starts the watch; the first event is awaited below.
  let next = follower.next()
  await ready()
  note('following')
  const sequences = []
  while (sequences.length < count) {
    const { value: event } = await next
    sequences.push(event.sequence)
    if (sequences.length < count) next = follower.next()
  }
  store.close()
  return { sequences }
})
