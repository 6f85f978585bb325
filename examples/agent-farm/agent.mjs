/** An agent: says that it is there, takes its mail, and ends when it is told to. */
import { appendFileSync } from 'node:fs'
import { openStore } from 'holdfast'
import { farm } from 'holdfast/farm'
import { getDbPath } from 'holdfast/farm/compat'

const BEAT_MS = 1000

const [kind, id, root] = process.argv.slice(2)
const store = openStore(getDbPath(), { farm })
const { mail } = store.farm.in(root)
const ending = new AbortController()
process.on('SIGTERM', () => ending.abort())

function beat() {
  const { user, system } = process.cpuUsage()
  store.presence.beat({
    name: `${kind} ${id}`,
    kind,
    cpuPercent: (user + system) / 10_000 / process.uptime(),
    memoryBytes: process.memoryUsage.rss(),
  })
}

// Said to be delivered only when it is in the file: a kill in between shows it twice, never not.
function takeMail() {
  for (const message of mail.due(id)) {
    appendFileSync(`inbox-${id}.txt`, `${message.from}: ${message.body}\n`)
    mail.delivered(message.id)
  }
}

beat()
takeMail()
const beating = setInterval(() => {
  beat()
  takeMail() // What was delayed is due by itself.
}, BEAT_MS)
for await (const event of store.follow({ module: 'farm', signal: ending.signal })) {
  if (event.type === 'farm.message.saved' && event.data.to === id) takeMail()
}
clearInterval(beating)
store.presence.forget(`${kind} ${id}`)
store.close()
