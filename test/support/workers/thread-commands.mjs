/**
 * Commands on threads: to one thread that all share, with the version expected that was read, or to
 * a thread of one's own. Counts what came of each; anything but a version conflict ends the worker.
 */
import { openStore } from '../../../dist/index.js'
import { threads } from '../../../dist/modules/threads/index.js'
import { PATIENT, ready, work } from './protocol.mjs'

const content = (text) => ({ kind: 'text', text })
const WAYS = {
  own: (api, name, index) =>
    api.dispatch({
      type: 'message.append',
      threadId: name,
      role: 'user',
      content: content(`${index}`),
    }),
  shared: (api, name, index) => {
    const expectedVersion = api.get('shared').version
    const text = `${name} ${index}`
    const command = { type: 'message.append', threadId: 'shared', role: 'user' }
    try {
      return api.dispatch({ ...command, content: content(text) }, { expectedVersion })
    } catch (error) {
      if (error.code !== 'VERSION_CONFLICT') throw error
      return 'conflict'
    }
  },
  // Half of them end the turn that whoever came first has begun.
  turns: (api, _, index) =>
    index % 2 === 0
      ? api.dispatch({ type: 'turn.start', threadId: 'shared', input: 'go' })
      : api.dispatch({ type: 'turn.interrupt', threadId: 'shared' }),
  // All processes send the same commands under the same ids.
  repeated: (api, _, index) =>
    api.dispatch(
      { type: 'message.append', threadId: 'shared', role: 'user', content: content(`${index}`) },
      { commandId: `command ${index}` },
    ),
}

await work(async ({ path, name, count, way }) => {
  const store = openStore(path, { threads }, PATIENT)
  await ready()
  const tally = { accepted: 0, refused: 0, conflicts: 0, longestMs: 0 }
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now()
    const result = WAYS[way](store.threads, name, index)
    tally.longestMs = Math.max(tally.longestMs, performance.now() - startedAt)
    if (result === 'conflict') tally.conflicts++
    else if (result.accepted) tally.accepted++
    else tally.refused++
  }
  store.close()
  return tally
})
