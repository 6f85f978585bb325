import { setTimeout as sleep } from 'node:timers/promises'
import { open } from '../lib/holdfast.mjs'

const [path, commitsText, idleText] = process.argv.slice(2)
const store = open(path, { mode: 'read' })
const events = store.follow('bench')
process.send({ kind: 'ready' })

const latenciesMs = []
const timer = setTimeout(() => store.close(), 60_000)
for await (const { data } of events) {
  latenciesMs.push(performance.timeOrigin + performance.now() - data.sentAtUs / 1000)
  if (latenciesMs.length === Number(commitsText)) break
}
clearTimeout(timer)
process.send({ kind: 'seen', latenciesMs, missed: Number(commitsText) - latenciesMs.length })

// Still following, with nothing to see.
const idle = store.follow('bench')
const next = idle.next()
const before = process.cpuUsage()
const startedAt = performance.now()
await sleep(Number(idleText))
const { user, system } = process.cpuUsage(before)
process.send({ kind: 'idle', cpuShare: (user + system) / 1000 / (performance.now() - startedAt) })
store.close()
await next
