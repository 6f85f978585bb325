/**
 * Against @event-driven-io/emmett-sqlite, as it comes (a connection a call) and at its fastest (one
 * connection, through the functions beneath its store). Its driver syncs each commit, so ours does
 * too; what `normal` durability gives is printed beside it. Ours also folds each event into a table.
 *
 * Once before: npm install --prefix bench --no-package-lock
 */
import { append, open } from '../lib/holdfast.mjs'
import { ensurePresent, ratio } from '../lib/measure.mjs'
import { job } from '../lib/workload.mjs'

// Appends before the clock starts: from then on the WAL is written over and no longer grows.
const WARM_UP = 2000
const CALLS = 3000
// As it comes, each call opens and closes a connection: nothing gets warm, and 500 take seconds.
const COLD_CALLS = 500
const BATCH = 10
const STREAMS = 10
const STREAM_EVENTS = 2000
const READS = 50
const MAX_ATTEMPTS = 5

export function define({ scale }) {
  return {
    title: 'against emmett-sqlite 0.38.5',
    synchronous: 'FULL, emmett’s default; NORMAL where it says so',
    variants: {
      ...appends('append 1', 1, scale),
      ...appends('append 10', BATCH, scale),
      'read: holdfast': readHoldfast,
      'read: emmett': readEmmett('default'),
      'read: emmett, one connection': readEmmett('shared'),
    },
    judge: (figures) => {
      const over = (what, ours = 'holdfast', theirs = 'emmett') =>
        ratio(figures[`${what}: ${ours}`], figures[`${what}: ${theirs}`])
      const shared = 'emmett, one connection'
      return [
        { name: 'append 1 over emmett', value: over('append 1'), floor: 15, ambition: 25 },
        {
          name: 'append 1 over one connection',
          value: over('append 1', 'holdfast', shared),
          floor: 3,
          ambition: 5,
        },
        {
          name: 'append 1, NORMAL, over emmett',
          value: over('append 1', 'holdfast NORMAL'),
          floor: 15,
        },
        { name: '10 a call over emmett', value: over('append 10'), floor: 10, ambition: 20 },
        {
          name: '10 a call over one connection',
          value: over('append 10', 'holdfast', shared),
          floor: 3,
        },
        { name: 'stream read over emmett', value: over('read'), floor: 2.5, ambition: 4 },
        {
          name: 'stream read over one connection',
          value: over('read', 'holdfast', shared),
          floor: 2.5,
          ambition: 4,
        },
      ]
    },
  }
}

function appends(what, size, scale) {
  const calls = CALLS * scale
  const items = (call) => Array.from({ length: size }, (_, index) => job(call * size + index))
  const ours = (durability) => (directory) => {
    const store = open(`${directory}/store.db`, { durability })
    for (let call = 0; call < WARM_UP; call++) store.write((tx) => append(tx, job(call)))
    const startedAt = performance.now()
    for (let call = 0; call < calls; call++) {
      store.write((tx) => {
        for (const item of items(call)) append(tx, item)
      })
    }
    const perSecond = rateOf(calls * size, startedAt)
    ensurePresent('holdfast', store.log.head(), WARM_UP + calls * size)
    store.close()
    return perSecond
  }
  const theirs = (mode, calls) => async (directory) => {
    const emmett = await openEmmett(`${directory}/emmett.db`, mode)
    const warmUp = mode === 'shared' ? WARM_UP : 1
    for (let call = 0; call < warmUp; call++)
      await emmett.append(`job-${call % 50}`, [toEmmett(job(call))])
    const startedAt = performance.now()
    for (let call = 0; call < calls; call++) {
      // A stream takes a call's events together: there is no append to several at once.
      await emmett.append(`job-${call % 50}`, items(call).map(toEmmett))
    }
    const perSecond = rateOf(calls * size, startedAt)
    ensurePresent('emmett', await emmett.count(), warmUp + calls * size)
    emmett.close()
    return perSecond
  }
  return {
    [`${what}: holdfast`]: ours('full'),
    [`${what}: holdfast NORMAL`]: ours('normal'),
    [`${what}: emmett`]: theirs('default', COLD_CALLS * scale),
    [`${what}: emmett, one connection`]: theirs('shared', calls),
  }
}

// Ten streams that grow together, as those of a tool do; one of them is read.
const STREAM_JOBS = STREAMS * STREAM_EVENTS

function readHoldfast(directory) {
  const path = `${directory}/store.db`
  const made = open(path)
  made.write((tx) => {
    for (let index = 0; index < STREAM_JOBS; index++) {
      const data = job(index)
      tx.append(`bench.job/${index % STREAMS}`, { type: 'bench.job.finished', data })
    }
  })
  made.close()
  const store = open(path)
  const read = (stream) => {
    const events = store.log.readStream(`bench.job/${stream}`, { limit: STREAM_EVENTS })
    ensurePresent('holdfast', events.length, STREAM_EVENTS)
  }
  for (let stream = 0; stream < STREAMS; stream++) read(stream)
  const startedAt = performance.now()
  for (let n = 0; n < READS; n++) read(n % STREAMS)
  const perSecond = rateOf(READS * STREAM_EVENTS, startedAt)
  store.close()
  return perSecond
}

function readEmmett(mode) {
  return async (directory) => {
    const path = `${directory}/emmett.db`
    const made = await openEmmett(path, 'shared')
    for (let index = 0; index < STREAM_JOBS; index += STREAM_JOBS / 100) {
      for (let stream = 0; stream < STREAMS; stream++) {
        const events = Array.from({ length: STREAM_EVENTS / 100 }, (_, n) => job(index + n))
        await made.append(`job-${stream}`, events.map(toEmmett))
      }
    }
    made.close()
    const emmett = await openEmmett(path, mode)
    const read = async (stream) => {
      const { events } = await emmett.read(`job-${stream}`)
      ensurePresent('emmett', events.length, STREAM_EVENTS)
    }
    for (let stream = 0; stream < STREAMS; stream++) await read(stream)
    const startedAt = performance.now()
    for (let n = 0; n < READS; n++) await read(n % STREAMS)
    const perSecond = rateOf(READS * STREAM_EVENTS, startedAt)
    emmett.close()
    return perSecond
  }
}

const toEmmett = (data) => ({ type: 'job-finished', data })

function rateOf(events, startedAt) {
  return (events / (performance.now() - startedAt)) * 1000
}

async function openEmmett(fileName, mode) {
  const emmett = await import('@event-driven-io/emmett-sqlite')
  const count = async (on) => (await on.querySingle('SELECT count(*) AS n FROM emt_messages')).n
  if (mode === 'shared') {
    const connection = emmett.sqliteConnection({ fileName })
    await emmett.createEventStoreSchema(connection)
    return {
      append: (stream, events) =>
        untilItCommits(async () => {
          const { success } = await emmett.appendToStream(connection, stream, 'job', events)
          if (!success) throw new Error(`emmett refused an append to ${stream}`)
        }),
      read: (stream) => emmett.readStream(connection, stream),
      count: () => count(connection),
      close: () => connection.close(),
    }
  }
  // No connection of ours beside it: that would spare it the checkpoint of each last close.
  const store = emmett.getSQLiteEventStore({ fileName })
  return {
    append: (stream, events) => untilItCommits(() => store.appendToStream(stream, events)),
    read: (stream) => store.readStream(stream),
    count: async () => {
      const connection = emmett.sqliteConnection({ fileName })
      const counted = await count(connection)
      connection.close()
      return counted
    },
    close: () => undefined,
  }
}

// Now and then its COMMIT meets a statement of its own that is not finalized yet. Nothing was written then,
// and whoever uses it has to call again.
async function untilItCommits(append) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await append()
    } catch (error) {
      if (error.code !== 'SQLITE_BUSY' || attempt === MAX_ATTEMPTS) throw error
    }
  }
}
