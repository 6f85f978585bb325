import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { tempFolder } from '../../../test/support/temp-folder.ts'
import {
  archiveOf,
  CREATED,
  longThread,
  message,
  type TestEvent,
} from '../../../test/support/thread-archive.ts'
import type { Store } from '../../index.ts'
import { createTestStore, type TestStore } from '../../testing/index.ts'
import { MAX_EVENTS } from './archive-batches.ts'
import type { Command } from './commands.ts'
import { EventStore } from './compat.ts'
import { threads } from './index.ts'

const MODULES = { threads }
const MESSAGES = 2 * MAX_EVENTS
const LONG = [...archiveOf(longThread(MESSAGES))]
const EVENTS = LONG.length - 2

let opened: TestStore<typeof MODULES>
let store: Store<typeof MODULES>
const run = (command: Command) => store.threads.execute(command)
const code = (expected: string) => expect.objectContaining({ code: expected })

beforeEach(() => {
  opened = createTestStore(MODULES)
  store = opened.store
})
afterEach(() => opened.close())

function importHalf(lines: Iterable<string> = LONG, batches = 1): void {
  let left = batches
  const onProgress = () => {
    if (--left === 0) throw new Error('killed')
  }
  expect(() => store.threads.importThread(lines, { onProgress })).toThrow('killed')
}

function expectWhole(): void {
  expect(store.threads.unfinishedImports()).toEqual([])
  expect(store.threads.get('t')).toMatchObject({ isHalfImported: false, messageCount: MESSAGES })
  expect(store.log.streamVersion('threads.thread/t')).toBe(MESSAGES + 1)
  expect(store.threads.activities('t').items.map(({ id }) => id)).toEqual(['a0', 'a1', 'a2'])
  expect(store.verify().problems).toEqual([])
}

test('an import that stopped is shown everywhere, and the same archive completes it once', () => {
  importHalf()
  const [unfinished] = store.threads.unfinishedImports()
  expect(unfinished).toMatchObject({ threadId: 't', projectId: 'p', events: EVENTS })
  expect(unfinished?.done).toBe(MAX_EVENTS)
  expect(store.threads.get('t')).toMatchObject({ isHalfImported: true, messageCount: 1_999 })
  expect(store.threads.list().items[0]?.isHalfImported).toBe(true)
  expect(store.threads.detail('t')?.thread.isHalfImported).toBe(true)
  expect(store.threads.at('t', 10)?.thread.isHalfImported).toBe(true)
  expect(store.examine().map(({ kind, what }) => [kind, what])).toEqual([
    ['thread-half-imported', expect.stringContaining(`${MAX_EVENTS} of ${EVENTS} events`)],
  ])
  expect(store.verify().problems).toEqual([])
  store.rebuild('threads')
  expect(store.threads.unfinishedImports()).toEqual([unfinished])
  store = opened.reopen()
  expect(store.threads.importThread(LONG)).toEqual({
    ...{ threadId: 't', projectId: 'p', events: EVENTS, stored: EVENTS - MAX_EVENTS },
  })
  expectWhole()
  expect(store.examine()).toEqual([])
})

test.each([
  ['long', LONG],
  ['of one transaction', [...archiveOf(longThread(1, 1))]],
])('a %s archive that is there already is reported as such, and nothing is written', (_, lines) => {
  const [events, imported] = [lines.length - 2, { threadId: 't', projectId: 'p' }]
  expect(store.threads.importThread(lines)).toEqual({ ...imported, events, stored: events })
  const progress: number[] = []
  const again = () =>
    store.threads.importThread(lines, { onProgress: (done) => progress.push(done) })
  const head = store.log.head()
  expect(again()).toEqual({ ...imported, events, stored: 0 })
  expect([store.log.head(), progress]).toEqual([head, [events]])
  const into = () => store.threads.importThread(lines, { projectId: 'q' })
  expect(into).toThrow("into project 'p', not 'q'")
  // It is the same thread, however it went on.
  run({ type: 'thread.update', threadId: 't', title: 'Mine' })
  expect(again().stored).toBe(0)
  expect(store.threads.get('t')).toMatchObject({ title: 'Mine', isHalfImported: false })
  expect(store.threads.unfinishedImports()).toEqual([])
  const other = () => store.threads.importThread([...archiveOf([CREATED])])
  expect(other).toThrow(code('CONSTRAINT'))
  expect(other).toThrow('imported already, from another archive')
  run({ type: 'thread.delete', threadId: 't' })
  expect(again).toThrow(code('CONSTRAINT'))
  expect(store.sql.all('SELECT thread_id FROM threads_import')).toEqual([])
  expect(store.log.streamVersion('threads.thread/t')).toBeGreaterThan(2)
  expect(store.log.readStream('threads.import/t').at(-1)?.type).toBe('threads.import.removed')
  expect(store.verify().problems).toEqual([])
})

test.each([
  ['much', [...longThread(599, 0)], 50],
  ['large', [...longThread(19, 0, 'word '.repeat(40_000))], 2],
])('no transaction takes longer than its time, however %s it is', (_, events, aSlice) => {
  let now = 0
  // Each look at the clock finds it 60 ms on: the second ends a slice.
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 60
    return now
  })
  try {
    store.threads.importThread([...archiveOf(events)])
  } finally {
    clock.mockRestore()
  }
  expect(store.log.streamVersion('threads.import/t')).toBe(events.length / aSlice)
  const messageCount = events.length - 1
  expect(store.threads.get('t')).toMatchObject({ messageCount, isHalfImported: false })
})

test('nothing else is done with half a thread, and a refusal is no answer for good', () => {
  importHalf()
  const head = store.log.head()
  const of = { threadId: 't' } as const
  const commands: Command[] = [
    { type: 'turn.start', ...of, input: 'x' },
    { type: 'thread.update', ...of, title: 'x' },
    { type: 'thread.delete', ...of },
    { type: 'message.append', ...of, role: 'user', content: { kind: 'text', text: 'x' } },
    { type: 'message.extend', messageId: 'm1', delta: 'x' },
    { type: 'session.set', ...of, status: 'ready' },
    { type: 'activity.put', ...of, kind: 'tool', summary: 'ls' },
    { type: 'project.delete', projectId: 'p' },
  ]
  for (const command of commands) {
    expect([command, store.threads.dispatch(command)]).toMatchObject([
      command,
      { accepted: false, reason: 'held-back', message: expect.stringContaining('half imported') },
    ])
    expect(() => run(command)).toThrow(code('STREAM_BLOCKED'))
  }
  expect(() => store.threads.answer('t')).toThrow(code('STREAM_BLOCKED'))
  expect(() => store.threads.exportThread('t')).toThrow(code('STREAM_BLOCKED'))
  const at = '2026-01-01T00:00:00.000Z'
  const seed = new EventStore(store)
  const started = { type: 'TurnStarted', id: 'u', thread_id: 't', input: 'x', at } as const
  expect(() => seed.appendAll([started])).toThrow(code('STREAM_BLOCKED'))
  expect(() => seed.appendAll([{ type: 'ProjectDeleted', id: 'p', at }])).toThrow(
    code('STREAM_BLOCKED'),
  )
  const start = { type: 'turn.start', ...of, turnId: 'u', input: 'x' } as const
  expect(store.threads.dispatch(start, { commandId: 'c' }).accepted).toBe(false)
  expect(store.log.head()).toBe(head)
  store.threads.importThread(LONG)
  expect(store.threads.dispatch(start, { commandId: 'c' }).accepted).toBe(true)
})

test('another archive of the thread does not go on with it, and another project is not its own', () => {
  importHalf()
  const head = store.log.head()
  const other = [...archiveOf(longThread(MESSAGES + 1))]
  expect(() => store.threads.importThread(other)).toThrow(code('CONSTRAINT'))
  expect(() => store.threads.importThread(other)).toThrow('another archive')
  run({ type: 'project.create', projectId: 'q', name: 'Q', path: '/q' })
  const into = () => store.threads.importThread(LONG, { projectId: 'q' })
  expect(into).toThrow(code('CONSTRAINT'))
  expect(store.log.head()).toBe(head + 1)
  store.threads.importThread(LONG, { projectId: 'p' })
  expectWhole()
})

test('half a thread is given up, and its id stays used', () => {
  importHalf(LONG, 2)
  expect(store.threads.discardImport('t')).toMatchObject({ done: 2 * MAX_EVENTS })
  expect(store.threads.unfinishedImports()).toEqual([])
  expect(store.threads.get('t')).toBeUndefined()
  expect(store.sql.all('SELECT id FROM threads_message')).toEqual([])
  expect(() => store.threads.discardImport('t')).toThrow(code('NOT_FOUND'))
  expect(() => store.threads.importThread(LONG)).toThrow(code('CONSTRAINT'))
  run({ type: 'project.delete', projectId: 'p' })
  expect(store.verify().problems).toEqual([])
})

test('an import is told when it was given up, or completed, by somebody else', () => {
  const discard = () => void store.threads.discardImport('t')
  const given = () => store.threads.importThread(LONG, { onProgress: discard })
  expect(given).toThrow(code('CONSTRAINT'))
  expect(given).toThrow(code('CONSTRAINT'))
  using another = createTestStore(MODULES)
  let calls = 0
  const { threads: api } = another.store
  const done = api.importThread(LONG, {
    onProgress: () => {
      if (++calls === 1) api.importThread(LONG)
    },
  })
  expect(done).toEqual({ threadId: 't', projectId: 'p', events: EVENTS, stored: MAX_EVENTS })
  store = another.store
  expectWhole()
})

test('an id that another thread has taken meanwhile stops it, and it can be given up', () => {
  importHalf()
  run({ type: 'thread.create', threadId: 's', projectId: 'p', provider: 'claude', model: 'm' })
  const content = { kind: 'text', text: 'mine' } as const
  run({ type: 'message.append', threadId: 's', messageId: 'm3000', role: 'user', content })
  expect(() => store.threads.importThread(LONG)).toThrow('message m3000')
  store.threads.discardImport('t')
  expect(store.threads.messages('s').items).toMatchObject([{ text: 'mine' }])
  expect(store.verify().problems).toEqual([])
})

test('what does not fold stops it with a word on what is left', () => {
  const twice = [...archiveOf([...longThread(MESSAGES, 0), message('m1')])]
  const take = () => store.threads.importThread(twice)
  expect(take).toThrow(
    expect.objectContaining({ code: 'CONSTRAINT', hint: expect.stringContaining('discardImport') }),
  )
  expect(store.threads.unfinishedImports()).toHaveLength(1)
  store.threads.discardImport('t')
  using small = createTestStore(MODULES)
  const short = [...archiveOf([CREATED, message('m'), message('m')])]
  expect(() => small.store.threads.importThread(short)).toThrow(code('CONSTRAINT'))
  expect(small.store.log.head()).toBe(0)
})

const turn = (data: object): TestEvent => ({
  type: 'threads.turn.completed',
  data: { id: 'u', threadId: 't', ...data },
})
test.each<readonly [string, readonly TestEvent[], string, string]>([
  ['of another thread', [CREATED, turn({ threadId: 's' })], 'IMPORT_INVALID', "thread 's'"],
  ['of another’s turn', [CREATED, turn({ id: 'mine' })], 'CONSTRAINT', 'turn mine'],
  [
    'of another’s stream',
    [CREATED, { ...message('m'), stream: 'threads.thread/s' }],
    'IMPORT_INVALID',
    "stream 'threads.thread/s'",
  ],
  [
    'of the store',
    [
      CREATED,
      {
        type: 'threads.setting.changed',
        data: { key: 'x', threadId: 't' },
        stream: 'threads.setting/x',
      },
    ],
    'IMPORT_INVALID',
    'no event of a thread',
  ],
  ['of an unknown type', [CREATED, { type: 'threads.x.y', data: {} }], 'IMPORT_INVALID', 'line 3'],
  [
    'of its end',
    [CREATED, { type: 'threads.thread.swept', data: { id: 't', position: 9, isLast: true } }],
    'IMPORT_INVALID',
    'no event of a thread',
  ],
  ['of no type', [CREATED, { type: 'toString', data: {} }], 'IMPORT_INVALID', 'line 3'],
  ['before its beginning', [message('m')], 'IMPORT_INVALID', 'begins with'],
  ['that begins twice', [CREATED, CREATED], 'IMPORT_INVALID', 'begins with'],
  ['without what it must have', [CREATED, turn({ id: 5 })], 'IMPORT_INVALID', 'line 3'],
  ['without a time', [CREATED, { ...turn({}), occurredAtMs: 'x' }], 'IMPORT_INVALID', 'no time'],
  [
    'with metadata of a kind',
    [CREATED, { ...turn({}), metadata: 5 }],
    'IMPORT_INVALID',
    'metadata',
  ],
  ['of nothing', [], 'IMPORT_INVALID', 'no events'],
])(
  'an archive with an event %s is refused before anything is written',
  (_, events, fault, says) => {
    run({ type: 'project.create', projectId: 'q', name: 'Mine', path: '/mine' })
    run({ type: 'thread.create', threadId: 's', projectId: 'q', provider: 'claude', model: 'm' })
    run({ type: 'turn.start', threadId: 's', turnId: 'mine', input: 'go' })
    const head = store.log.head()
    // The fault is the last of many, so that a check of the first batch alone would not see it.
    const [first, ...rest] = events
    const many = first === CREATED ? [...longThread(MAX_EVENTS, 0), ...rest] : events
    for (const given of [events, many]) {
      const take = () => store.threads.importThread([...archiveOf(given)])
      expect(take).toThrow(code(fault))
      if (given === events) expect(take).toThrow(says)
    }
    expect(store.log.head()).toBe(head)
    expect(store.threads.detail('s')?.turns).toMatchObject([{ id: 'mine', status: 'running' }])
  },
)

test.each([
  ['no thread', { threadId: undefined }],
  ['a project without a path', { project: { id: 'p', name: 'Shop', defaultModel: null } }],
  ['a version of later', { version: 2 }],
])('an archive of %s is refused', (_, header) => {
  const take = () => store.threads.importThread([...archiveOf([CREATED], header)])
  expect(take).toThrow(code('IMPORT_INVALID'))
  expect(store.log.head()).toBe(0)
})

test('a file is as good as its lines, also with other line breaks', () => {
  const path = join(tempFolder(), 'thread.jsonl')
  writeFileSync(path, `${LONG.join('\r\n')}\r\n`)
  store.threads.importThread(path)
  expectWhole()
  const missing = () => store.threads.importThread(`${path}.gone`)
  expect(missing).toThrow(code('NOT_FOUND'))
})

test.each([
  ['line breaks', LONG.join('\r\n')],
  ['a mark at its beginning', `\ufeff${LONG.join('\n')}\n`],
])('an archive to which an editor gave %s is the same, as a file and as lines', (_, text) => {
  const path = join(tempFolder(), 'thread.jsonl')
  writeFileSync(path, text)
  expect(store.threads.importThread(path).stored).toBe(EVENTS)
  expect(store.threads.importThread(text.split('\n')).stored).toBe(0)
})

test('what is no archive at all is told from one that was changed', () => {
  const folder = tempFolder()
  const path = join(folder, 'thread.jsonl.gz')
  writeFileSync(path, gzipSync(LONG.join('\n')))
  const hint = expect.stringContaining('unpacked')
  expect(() => store.threads.importThread(path)).toThrow(
    expect.objectContaining({ code: 'IMPORT_INVALID', hint }),
  )
  expect(() => store.threads.importThread(folder)).toThrow(code('IO'))
})

test('options of another kind are refused before the archive is read', () => {
  for (const options of [null, 5, { projectId: 5 }, { onProgress: 5 }]) {
    const take = () => store.threads.importThread('missing.jsonl', options as object)
    expect(take).toThrow(code('ARGUMENT_INVALID'))
  }
  expect(() => store.threads.discardImport(undefined as unknown as string)).toThrow(
    code('ARGUMENT_INVALID'),
  )
})

test('an archive does not select its thread', () => {
  run({ type: 'project.create', projectId: 'q', name: 'Q', path: '/q' })
  run({ type: 'thread.create', threadId: 's', projectId: 'q', provider: 'claude', model: 'm' })
  run({ type: 'thread.select', threadId: 's' })
  store.threads.importThread([
    ...archiveOf([CREATED, { type: 'threads.thread.selected', data: { id: 't' } }]),
  ])
  expect(store.threads.selected()).toBe('s')
  expect(store.threads.history('t').at(-1)?.type).toBe('threads.thread.selected')
  expect(store.verify().problems).toEqual([])
})

test('lines that are there only once, and what is no archive, are refused', () => {
  const take = (archive: unknown) => () => store.threads.importThread(archive as string[])
  expect(take(archiveOf([CREATED]))).toThrow(code('ARGUMENT_INVALID'))
  expect(take(undefined)).toThrow(code('ARGUMENT_INVALID'))
  expect(take(5)).toThrow(code('ARGUMENT_INVALID'))
  expect(take([5])).toThrow(code('ARGUMENT_INVALID'))
  expect(() => store.write(take(LONG))).toThrow(code('ARGUMENT_INVALID'))
  expect(store.log.head()).toBe(0)
})

test('of an archive that changes between the two readings nothing is taken that was not checked', () => {
  const changed = [...archiveOf(longThread(MESSAGES, 3, 'other words'))]
  // It is asked once whether it can be gone through twice.
  let readings = 0
  const twoFaced = {
    [Symbol.iterator]: () => (readings++ < 2 ? LONG : changed)[Symbol.iterator](),
  }
  expect(() => store.threads.importThread(twoFaced)).toThrow('changed while')
  expect(store.log.head()).toBe(0)
})

test('an export hands on what it would give as a whole', () => {
  store.threads.importThread(LONG)
  const lines: string[] = []
  const exported = store.threads.exportThreadTo('t', (line) => lines.push(line))
  expect(lines).toEqual(store.threads.exportThread('t'))
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ events: EVENTS, sha256: exported.sha256 })
  const writes = () =>
    store.threads.exportThreadTo('t', () => run({ type: 'thread.select', threadId: 't' }))
  expect(writes).toThrow(code('WRITE_IN_READ'))
})
