/**
 * Runs one turn of a thread: a scripted provider stands where a coding agent would, and streams its
 * answer. `node orchestrator.mjs <store> <thread> "<request>"`.
 *
 * Every report of the provider goes to `answer.ingest`. Deltas are shown live to whoever follows and
 * become few durable parts; everything else is appended at once.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from 'holdfast'
import { threads } from 'holdfast/threads'
import { script } from './provider.mjs'

const [path, threadId, input] = process.argv.slice(2)
if (!input) {
  console.error('usage: node orchestrator.mjs <store> <thread> "<request>"')
  process.exit(2)
}

const store = openStore(path, { threads })
ensureThread(store.threads, threadId)

const started = store.threads.dispatch({ type: 'turn.start', threadId, input })
if (!started.accepted) {
  // Another orchestrator was faster: the store decided, and this one has nothing to do.
  console.error(started.message)
  store.close()
  process.exit(1)
}

const answer = store.threads.answer(threadId)
for (const { afterMs, ...event } of script(input)) {
  await sleep(afterMs)
  answer.ingest(event)
}
answer.close()

const gitRef = `refs/checkpoints/${started.id}`
const files = [{ path: 'src/login.ts', additions: 12, deletions: 3 }]
store.threads.execute({ type: 'checkpoint.create', threadId, gitRef, files })
store.close()

function ensureThread(api, id) {
  if (api.get(id)) return
  const project = { type: 'project.create', projectId: 'demo', name: 'Demo', path: process.cwd() }
  // Both may be there already, when two orchestrators begin at the same time.
  api.dispatch(project)
  const model = { provider: 'scripted', model: 'one' }
  api.dispatch({ type: 'thread.create', threadId: id, projectId: 'demo', title: id, ...model })
}
