import { open } from '../lib/holdfast.mjs'

const [path, countText] = process.argv.slice(2)
const store = open(path, { mode: 'read' })
const events = store.follow('bench')
process.send({ kind: 'ready' })
let count = 0
for await (const _ of events) if (++count === Number(countText)) break
store.close()
process.send({ kind: 'done', count })
