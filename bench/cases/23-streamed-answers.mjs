/**
 * Answers as a provider streams them, through the module that keeps them: in parts that are durable,
 * with and without the search index; a tool's output set anew thousands of times; and how soon
 * another process sees the first words.
 */
import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../dist/index.js'
import { threads } from '../../dist/modules/threads/index.js'
import { percentile } from '../lib/measure.mjs'
import { message, start } from '../lib/processes.mjs'

const ANSWERS = 100
const LENGTH = 10_545
const DELTAS = 3000
const UPDATES = 2226
const OUTPUT = 65 * 1024
const FIRST_WORDS = 40

/** Numbers that do not repeat: the least that compression and an index of words can make of a text. */
function numbers(seed, length = LENGTH) {
  let text = ''
  for (let n = seed; text.length < length; n++) text += `${Math.imul(n, 2654435761) >>> 0} `
  return text.slice(0, length)
}

// As in prose, few words are frequent and most are rare: the rank of a word is a power of a random
// number, over a vocabulary of 8,000 made-up words.
const SYLLABLES = [
  'ka',
  'lo',
  'mi',
  'ren',
  'tu',
  'sha',
  'vo',
  'pel',
  'dri',
  'an',
  'es',
  'or',
  'un',
  'ti',
]
const word = (rank) => {
  let text = ''
  for (let rest = rank + SYLLABLES.length; rest > 0; rest = Math.floor(rest / SYLLABLES.length)) {
    text += SYLLABLES[rest % SYLLABLES.length]
  }
  return text
}

function prose(seed) {
  let state = seed + 1
  let text = ''
  while (text.length < LENGTH) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    text += `${word(Math.floor(8000 * (state / 2 ** 32) ** 3))} `
  }
  return text.slice(0, LENGTH)
}

// Made and closed first: the empty store's own tables are no growth.
function prepared(path) {
  openStore(path, { threads }).close()
  const store = openStore(path, { threads })
  const run = (command) => store.threads.execute(command)
  run({ type: 'project.create', projectId: 'p', name: 'Shop', path: '/shop' })
  run({ type: 'thread.create', threadId: 't', projectId: 'p', provider: 'claude', model: 'm' })
  return { store, run, before: statSync(path).size }
}

function stream(answer, isSearched) {
  return (directory) => {
    const path = `${directory}/store.db`
    const { store, run, before } = prepared(path)
    const head = store.log.head()
    for (let n = 0; n < ANSWERS; n++) {
      run({ type: 'turn.start', threadId: 't', input: 'Go on' })
      const text = answer(n * 1000)
      const reports = store.threads.answer('t')
      for (let delta = 0; delta < DELTAS; delta++) {
        const [from, to] = [delta, delta + 1].map((at) => Math.round((at * LENGTH) / DELTAS))
        reports.ingest({ kind: 'text-delta', delta: text.slice(from, to) })
      }
      reports.ingest({ kind: 'turn-complete' })
      reports.close()
    }
    const events = (store.log.head() - head) / ANSWERS
    if (isSearched) while (store.threads.search('nothing').lag > 0);
    store.close()
    return { events, growth: (statSync(path).size - before) / (ANSWERS * LENGTH) }
  }
}

function tool(directory) {
  const path = `${directory}/store.db`
  const { store, run, before } = prepared(path)
  run({ type: 'turn.start', threadId: 't', input: 'List them' })
  const output = numbers(7, OUTPUT)
  for (let n = 1; n <= UPDATES; n++) {
    const payload = { output: output.slice(0, Math.round((n * OUTPUT) / UPDATES)) }
    run({
      type: 'activity.put',
      threadId: 't',
      activityId: 'a',
      kind: 'tool',
      summary: 'ls',
      payload,
    })
  }
  store.prune()
  store.close()
  return { growth: (statSync(path).size - before) / OUTPUT }
}

async function firstWords(directory) {
  const path = `${directory}/store.db`
  const { store, run } = prepared(path)
  const child = start('follow-thread', [path, FIRST_WORDS])
  await message(child, 'ready')
  const seen = message(child, 'seen')
  for (let n = 0; n < FIRST_WORDS; n++) {
    run({ type: 'turn.start', threadId: 't', input: 'Go on' })
    const reports = store.threads.answer('t')
    reports.ingest({ kind: 'text-delta', delta: `${performance.timeOrigin + performance.now()} ` })
    await sleep(60)
    reports.ingest({ kind: 'turn-complete' })
    reports.close()
  }
  const { latenciesMs } = await seen
  if (child.connected) child.disconnect()
  store.close()
  return { p50: percentile(latenciesMs, 0.5), worst: Math.max(...latenciesMs) }
}

export function define() {
  return {
    title: `${ANSWERS} answers of ${LENGTH} characters in ${DELTAS} deltas; a tool call with ${UPDATES} updates`,
    repetitions: 1,
    variants: {
      plain: stream(numbers, false),
      searched: stream(prose, true),
      'searched numbers': stream(numbers, true),
      tool,
      firstWords,
    },
    judge: ({
      plain: [plain],
      searched: [searched],
      tool: [call],
      firstWords: [words],
      ...more
    }) => [
      { name: 'durable events an answer', value: plain.events, atMost: 25 },
      { name: 'file growth ÷ text', value: plain.growth, atMost: 2.2 },
      { name: 'file growth ÷ text, with search', value: searched.growth, atMost: 3 },
      {
        // Every word of it stands once in the index, with all it costs.
        name: 'the same of numbers that do not repeat',
        value: more['searched numbers'][0].growth,
        atMost: 4,
      },
      { name: 'tool call: file growth ÷ output', value: call.growth, atMost: 2 },
      { name: 'first words in another process, p50, ms', value: words.p50, atMost: 50 },
      { name: 'first words in another process, worst, ms', value: words.worst, atMost: 50 },
    ],
  }
}
