import { statSync } from 'node:fs'
import { Coalescer, defineModule, event, openStore } from '../../dist/index.js'

const ANSWERS = 100
const LENGTH = 10_545
const DELTAS = 3000

const chat = defineModule({
  name: 'chat',
  version: 1,
  events: { 'chat.message.grown': event() },
  migrations: [
    {
      id: '0001-initial',
      sql: 'CREATE TABLE chat_message (id TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT',
    },
  ],
  project: {
    'chat.message.grown': (tx, { data }) =>
      tx.run(
        `INSERT INTO chat_message VALUES (:id, :text)
         ON CONFLICT (id) DO UPDATE SET text = text || excluded.text`,
        { id: data.id, text: data.text },
      ),
  },
  api: () => undefined,
})

/** Words that do not repeat, so that nothing is won by compression. */
function answer(seed) {
  let text = ''
  for (let n = seed; text.length < LENGTH; n++) text += `${Math.imul(n, 2654435761) >>> 0} `
  return text.slice(0, LENGTH)
}

export function define() {
  return {
    title: `${ANSWERS} answers of ${LENGTH} characters, each streamed in ${DELTAS} deltas`,
    repetitions: 1,
    variants: {
      coalesced: (directory) => {
        const path = `${directory}/store.db`
        // Made and closed first: the empty store's own tables are no growth.
        openStore(path, { chat }).close()
        const store = openStore(path, { chat })
        const before = statSync(path).size
        const coalescer = new Coalescer(store, 'chat.thread/t1', {
          event: ({ key, offset, text }) => ({
            type: 'chat.message.grown',
            data: { id: key, offset, text },
          }),
        })
        for (let n = 0; n < ANSWERS; n++) {
          const text = answer(n * 1000)
          const step = LENGTH / DELTAS
          for (let delta = 0; delta < DELTAS; delta++) {
            const [from, to] = [Math.round(delta * step), Math.round((delta + 1) * step)]
            coalescer.add(`m${n}`, text.slice(from, to))
          }
          coalescer.end(`m${n}`)
        }
        const events = store.log.head() / ANSWERS
        store.close()
        return { events, growth: (statSync(path).size - before) / (ANSWERS * LENGTH) }
      },
    },
    judge: ({ coalesced }) => [
      { name: 'durable events an answer', value: coalesced[0].events, atMost: 25 },
      { name: 'file growth ÷ text', value: coalesced[0].growth, atMost: 2.2 },
    ],
  }
}
