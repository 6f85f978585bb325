/**
 * Follows one thread in a terminal, live: `node watch.mjs <store> <thread> [turns]`. Open it in two
 * terminals: both show the same, from whichever moment they joined. With a number it ends after so
 * many turns.
 *
 * What is durable comes as events; text that is still growing comes as pieces with their place in
 * it, so that nothing is shown twice when the event that holds it arrives.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from 'holdfast'
import { threads } from 'holdfast/threads'

const [path, threadId, turns = 'Infinity'] = process.argv.slice(2)
if (!threadId) {
  console.error('usage: node watch.mjs <store> <thread> [turns]')
  process.exit(2)
}

const store = openStore(path, { threads }, { mode: 'read' })
// Before the first turn there may be no store yet.
while (!store.attached) await sleep(100)
/** Of each message, how much is durable and how much has been shown. */
const messages = new Map()
let turnsLeft = Number(turns)
let lastId

for await (const item of store.threads.followLive(threadId, { after: 0 })) {
  if (item.kind === 'event') onEvent(item.event)
  else if (item.kind === 'live' && !item.isEnd) {
    show(item.key.slice(item.key.indexOf('#') + 1), item.offset, item.text)
  }
  if (turnsLeft <= 0) break
}
store.close()

function onEvent({ type, data }) {
  switch (type) {
    case 'threads.message.appended':
      return onMessage(data)
    case 'threads.message.chunk-received':
      return onDurable(data.id, data.delta)
    case 'threads.turn.completed':
    case 'threads.turn.interrupted':
    case 'threads.turn.failed':
      line(`-- turn ${type.slice('threads.turn.'.length)}`)
      turnsLeft--
  }
}

function onMessage({ id, role, content }) {
  if (content.kind === 'tool-call') line(`[${content.name} ${JSON.stringify(content.input)}]`)
  else if (content.kind === 'tool-result') line(`[${content.output}]`)
  else if (role === 'user') line(`> ${content.text}`)
  else onDurable(id, content.text)
}

// Durable parts follow one another: each begins where the one before it ended.
function onDurable(id, text) {
  const message = messageOf(id)
  const { durable } = message
  message.durable += text.length
  show(id, durable, text)
}

function show(id, offset, text) {
  const message = messageOf(id)
  // A piece that goes on from one we did not see: the event that holds both will come.
  if (offset > message.shown || offset + text.length <= message.shown) return
  if (id !== lastId) line('')
  process.stdout.write(text.slice(message.shown - offset))
  message.shown = offset + text.length
  lastId = id
}

function messageOf(id) {
  if (!messages.has(id)) messages.set(id, { durable: 0, shown: 0 })
  return messages.get(id)
}

function line(text) {
  process.stdout.write(`${lastId === undefined ? '' : '\n'}${text}${text ? '\n' : ''}`)
  lastId = undefined
}
