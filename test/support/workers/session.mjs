/** An open store in another process, which does what the test tells it to, one call at a time. */
import { writeFileSync } from 'node:fs'
import { openStore } from '../../../dist/index.js'
import { blockUntil, sleepSync } from './block.mjs'
import { failureOf, note, ready, work } from './protocol.mjs'
import { added, tally } from './tally.mjs'

/** Everything that a test can ask for; the store comes first, then the test's arguments. */
const COMMANDS = {
  add: (store, name, amount) => store.log.append(`tally.entry/${name}`, added(name, amount)),
  addLarge: (store, name, size) =>
    store.log.append(`tally.entry/${name}`, {
      ...added(name),
      metadata: { ballast: Buffer.alloc(size / 2, name).toString('hex') },
    }),
  addMany: (store, name, count, size) => {
    for (let index = 0; index < count; index++) COMMANDS.addLarge(store, name, size)
  },
  note: (store, name, text) => store.tally.note(name, text),
  noteMany: (store, name, count, text) =>
    store.write(() => {
      for (let index = 0; index < count; index++) store.tally.note(name, `${index} ${text}`)
    }),
  prune: (store, options) => store.prune(options),
  rows: (store) => store.tally.rows(),
  events: (store) => [...store.log.pages()].flat(),
  head: (store) => store.log.head(),
  status: (store) => store.status(),
  verify: (store) => store.verify(),
  acquire: (store, request) => store.leases.acquire(request),
  renew: (store, lease) => store.leases.renew(lease),
  release: (store, lease) => store.leases.release(lease),
  ensure: (store, lease) => store.write(() => store.leases.ensure(lease)),
  close: (store) => store.close(),
  // Keeps the write lock, blocked as a long computation is.
  hold: (store, ms) =>
    store.write((tx) => {
      tx.append('tally.entry/held', added('held'))
      note('holding')
      sleepSync(ms)
    }),
  // The same until the test has made the file.
  holdUntil: (store, file) =>
    store.write((tx) => {
      tx.append('tally.entry/held', added('held'))
      note('holding')
      blockUntil(file)
    }),
  addAsync: (store, name) =>
    store.writeAsync((tx) => void tx.append(`tally.entry/${name}`, added(name))),
  // Makes the file whether it could add or not.
  addAndTell: (store, name, file) => {
    try {
      COMMANDS.add(store, name)
    } finally {
      writeFileSync(file, '')
    }
  },
  // Keeps one view of the store, as a long report does.
  readFor: (store, ms) =>
    store.read(() => {
      store.log.head()
      note('reading')
      sleepSync(ms)
    }),
  // Calls next() on a follower while the same process is inside read().
  followInsideRead: async (store, ms) => {
    const follower = store.follow()
    let next
    const view = store.read(() => {
      const before = store.log.head()
      note('reading')
      sleepSync(ms)
      next = follower.next()
      return { before, after: store.log.head() }
    })
    const { value } = await next
    return { ...view, seen: value.sequence }
  },
  // Handles the next events of a durable consumer.
  consume: async (store, name, count) => {
    const consumer = store.log.consumer(name)
    const handled = []
    while (handled.length < count) handled.push((await consumer.next()).value.sequence)
    consumer.commit()
    await consumer.return()
    return handled
  },
  followUntilFailure: async (store) => {
    const seen = []
    try {
      for await (const event of store.follow({ after: 0 })) seen.push(event.sequence)
    } catch (error) {
      return { seen, failure: failureOf(error) }
    }
    return { seen }
  },
}

async function answer(store, { id, command, args }) {
  try {
    const value = (await COMMANDS[command](store, ...args)) ?? null
    process.send({ id, value })
  } catch (error) {
    process.send({ id, failure: failureOf(error) })
  }
}

await work(async ({ path, release = 'first', clockOffsetMs = 0, options = {} }) => {
  await ready()
  const store = openStore(path, release === 'none' ? {} : { tally: tally(release) }, {
    ...options,
    ...(clockOffsetMs !== 0 && { clock: () => Date.now() + clockOffsetMs }),
  })
  process.on('message', (message) => {
    if (message.command) void answer(store, message)
  })
  note('open')
  // Until the test kills it, or tells it to go.
  await new Promise((resolve) => {
    process.on('message', ({ word }) => word === 'end' && resolve())
  })
  store.close()
})
