/** Archives of threads as tests need them: long, and made to deceive. Their hashes are true. */
import { createHash } from 'node:crypto'

const START_MS = 1_767_225_600_000
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** An event of an archive; its stream is the thread's unless it says otherwise. */
export interface TestEvent {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
  readonly stream?: string
  readonly metadata?: unknown
  readonly occurredAtMs?: unknown
}

/** The event with which the thread `t` begins. */
export const CREATED: TestEvent = {
  type: 'threads.thread.created',
  data: {
    ...{ id: 't', projectId: 'p', title: 'Long', provider: 'claude', model: 'm' },
    ...{ runtimeMode: 'full-access', interactionMode: 'default' },
    ...{ branch: null, worktreePath: null, forkedFrom: null },
  },
}

/** A message of the thread `t`. */
export const message = (id: string, text = `message ${id}`): TestEvent => ({
  type: 'threads.message.appended',
  data: { id, threadId: 't', turnId: null, role: 'user', content: { kind: 'text', text } },
})

/** The thread `t` with so many messages, and activities after them. */
export function* longThread(messages: number, activities = 3, text?: string): Generator<TestEvent> {
  yield CREATED
  for (let n = 0; n < messages; n++) yield message(`m${n}`, text && `${n} ${text}`)
  const of = { threadId: 't', turnId: null, turnNumber: 0, kind: 'tool', tone: 'info' }
  for (let n = 0; n < activities; n++) {
    const data = { id: `a${n}`, ...of, ordinal: n + 1, summary: 'ls', payload: n, createdAtMs: n }
    yield { stream: `threads.activity/a${n}`, type: 'threads.activity.appended', data }
  }
}

/** The lines of an archive of these events. */
export function* archiveOf(events: Iterable<TestEvent>, header: object = {}): Generator<string> {
  const whole = createHash('sha256')
  const sealed = (line: string) => {
    whole.update(`${line}\n`)
    return line
  }
  const project = { id: 'p', name: 'Shop', path: '/shop', defaultModel: null }
  const first = {
    format: 'holdfast-thread',
    version: 1,
    threadId: 't',
    logId: 'elsewhere',
    project,
  }
  yield sealed(JSON.stringify({ ...first, ...header }))
  let count = 0
  for (const { stream = 'threads.thread/t', type, data, ...rest } of events) {
    count++
    const { metadata = null, occurredAtMs = START_MS + count } = rest
    const event = { stream, type, data, metadata, occurredAtMs, sequence: count }
    yield sealed(JSON.stringify({ ...event, sha256: sha256(JSON.stringify(event)) }))
  }
  yield JSON.stringify({ events: count, sha256: whole.digest('hex') })
}
