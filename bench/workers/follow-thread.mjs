/** Follows a thread and tells how old the first words of each answer were when they were seen. */
import { openStore } from '../../dist/index.js'
import { threads } from '../../dist/modules/threads/index.js'

const [path, count] = process.argv.slice(2)
const store = openStore(path, { threads }, { mode: 'read' })
const items = store.threads.followLive('t')
const latenciesMs = []
const known = new Set()
process.send({ kind: 'ready' })
for await (const item of items) {
  if (item.kind !== 'live' || item.isEnd || item.text === '' || known.has(item.key)) continue
  known.add(item.key)
  latenciesMs.push(performance.timeOrigin + performance.now() - Number.parseFloat(item.text))
  if (latenciesMs.length === Number(count)) break
}
process.send({ kind: 'seen', latenciesMs })
store.close()
