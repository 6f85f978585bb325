/**
 * A process that is killed in the middle of an answer.
 *
 * Invariants: what a follower was shown of the answer becomes words of the turn, without gap or overlap;
 * the turn fails, once, with a reason that a program can tell; while the writer runs, stopped or not,
 * nobody takes its answer; whoever answers after it goes on with the turn.
 */
import { expect, test } from 'vitest'
import { type LivePiece, openStore } from '../../dist/index.js'
import { threads, WRITER_ENDED } from '../../dist/modules/threads/index.js'
import { tempStorePath } from '../support/temp-folder.ts'
import { startWorker, type WorkerProcess } from '../support/worker-process.ts'

const MODULES = { threads }
const MORE_THAN_COMES = 8_192
const SHOWN = 40

function makeStore(...threadIds: readonly string[]) {
  const store = openStore(tempStorePath(), MODULES)
  const project = { projectId: 'p', name: 'Shop', path: '/shop' } as const
  store.threads.execute({ type: 'project.create', ...project })
  for (const threadId of threadIds) {
    const thread = { threadId, projectId: 'p', provider: 'claude', model: 'm' }
    store.threads.execute({ type: 'thread.create', ...thread })
    store.threads.execute({ type: 'turn.start', threadId, turnId: `${threadId}-turn`, input: 'Go' })
  }
  return store
}

type ThreadStore = ReturnType<typeof makeStore>

/** Starts a writer, and waits until a follower was shown the text so far; gives the last piece. */
async function answerShown(
  store: ThreadStore,
  threadId: string,
  task: { readonly kind: 'text-delta' | 'thinking-delta'; readonly maxLength?: number },
): Promise<{ writer: WorkerProcess; shown: LivePiece }> {
  const follower = store.threads.followLive(threadId, { after: 0 })
  const writer = await startWorker('answer', { path: store.path, threadId, ...task })
  writer.tell('go')
  for await (const item of follower) {
    if (item.kind !== 'live' || item.isEnd || item.key.endsWith('-tool')) continue
    if (item.offset + item.text.length >= SHOWN) return { writer, shown: item }
  }
  throw new Error('the follower has ended')
}

const partOf = (text: string | undefined, { offset, text: { length } }: LivePiece) =>
  text?.slice(offset, offset + length)

const counted = (text: string) => text.split(' ').slice(0, -1).map(Number)
const answerOf = (store: ThreadStore, threadId: string) =>
  store.threads.messages(threadId).items.filter(({ role }) => role === 'assistant')

test.each([
  ['of which nothing was durable', 'thinking-delta', MORE_THAN_COMES],
  ['of which parts were durable', 'text-delta', 30],
] as const)('what was shown of an answer %s is kept, and its turn fails once', async (...row) => {
  const [, kind, maxLength] = row
  using store = makeStore('t', 'other')
  const { writer, shown } = await answerShown(store, 't', { kind, maxLength })
  await writer.kill()
  const before = answerOf(store, 't').at(0)?.text ?? ''
  expect(before === '').toBe(maxLength === MORE_THAN_COMES)

  const [recovered, ...more] = store.threads.recover()
  expect(more).toEqual([])
  expect(recovered).toMatchObject({ threadId: 't', turnId: 't-turn', hasFailed: true })
  const [message, ...others] = answerOf(store, 't')
  expect(others).toEqual([])
  expect(message).toMatchObject({ kind: kind.split('-')[0], isStreaming: false })
  const text = message?.text ?? ''
  expect(text).toBe(before + recovered?.text)
  expect(partOf(text, shown)).toBe(shown.text)
  expect(counted(text)).toEqual(counted(text).map((_, n) => n))
  expect(store.threads.activities('t').items).toMatchObject([
    { id: 't-tool', turnId: 't-turn', payload: { output: expect.stringMatching(/^line \d+$/) } },
  ])
  expect(recovered?.activityIds).toEqual(['t-tool'])

  expect(store.threads.detail('t')).toMatchObject({
    thread: { status: 'error', error: WRITER_ENDED },
    turns: [{ status: 'failed', error: WRITER_ENDED }],
  })
  expect(store.threads.get('other')?.status).toBe('running')
  const head = store.log.head()
  expect(store.threads.recover()).toEqual([])
  expect(store.log.head()).toBe(head)
  expect(store.threads.dispatch({ type: 'turn.start', threadId: 't', input: 'On' })).toMatchObject({
    accepted: true,
  })
  expect(store.verify().problems).toEqual([])
})

test('nobody takes an answer while its writer runs, also when it has been stopped', async () => {
  using store = makeStore('t')
  const { writer } = await answerShown(store, 't', { kind: 'text-delta' })
  expect(store.threads.recover()).toEqual([])
  writer.signal('SIGSTOP')
  expect(store.threads.recover('t')).toEqual([])
  expect(store.threads.get('t')?.status).toBe('running')
  await writer.kill()
  expect(store.threads.recover('t')).toMatchObject([{ hasFailed: true }])
})

test('whoever answers next keeps what was shown, and goes on with the turn', async () => {
  using store = makeStore('t')
  const { writer, shown } = await answerShown(store, 't', { kind: 'text-delta' })
  await writer.kill()
  using answer = store.threads.answer('t')
  expect(answerOf(store, 't')).toMatchObject([{ isStreaming: false }])
  expect(partOf(answerOf(store, 't')[0]?.text, shown)).toBe(shown.text)
  answer.ingest({ kind: 'text-delta', delta: 'and on' })
  expect(store.threads.recover()).toEqual([])
  answer.ingest({ kind: 'turn-complete' })
  expect(answerOf(store, 't').map(({ text }) => text)[1]).toBe('and on')
  expect(store.threads.detail('t')?.turns).toMatchObject([{ status: 'completed' }])
  expect(store.verify().problems).toEqual([])
})

test('of a turn that was interrupted meanwhile what was shown is kept, and nothing fails', async () => {
  using store = makeStore('t')
  const { writer, shown } = await answerShown(store, 't', { kind: 'text-delta' })
  await writer.kill()
  store.threads.execute({ type: 'turn.interrupt', threadId: 't' })
  const [recovered] = store.threads.recover('t')
  expect(recovered).toMatchObject({ hasFailed: false })
  expect(partOf(recovered?.text, shown)).toBe(shown.text)
  expect(answerOf(store, 't')).toMatchObject([{ text: recovered?.text, isStreaming: false }])
  expect(store.threads.get('t')?.status).toBe('idle')
  expect(store.verify().problems).toEqual([])
})

test('what was shown of a turn that is gone goes too', async () => {
  using store = makeStore('t')
  const { writer } = await answerShown(store, 't', { kind: 'text-delta' })
  await writer.kill()
  store.threads.execute({ type: 'thread.delete', threadId: 't' })
  const head = store.log.head()
  expect(store.threads.recover()).toEqual([])
  expect(store.log.head()).toBe(head)
  expect(store.sql.all('SELECT id FROM threads_answer')).toEqual([])
  expect(store.sql.all(`SELECT key FROM live WHERE data NOT LIKE '%"isEnd":true%'`)).toEqual([])
})
