import { getEventListeners } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { notes, READ, read, SAVED, saved } from '../../../test/support/sample-module.ts'
import { storeForTest } from '../../../test/support/test-store.ts'
import type { RecordedEvent } from '../../index.ts'
import { collection, StoreError } from '../../index.ts'
import { Consumer } from './consumer.ts'
import { bellPath, Doorbell, watchBell } from './doorbell.ts'
import { Follower } from './follower.ts'
import { NewsWait } from './news-wait.ts'
import type { Waker } from './waker.ts'

const setUp = () => storeForTest({ notes: notes(), tasks: collection<{ id: string }>() })
const code = (expected: string) => expect.objectContaining({ code: expected })

async function take(events: AsyncIterator<RecordedEvent>, count: number): Promise<number[]> {
  const taken: number[] = []
  while (taken.length < count) {
    const { value } = await events.next()
    taken.push(value?.sequence ?? 0)
  }
  return taken
}

describe('a follower', () => {
  test('begins at the head, with whatever is appended after the call', async () => {
    const { store } = setUp()
    store.log.append(...read('a'))
    const news = store.log.follow()
    store.log.append(...read('b'))
    expect(await take(news, 1)).toEqual([2])
    await news.return?.()
  })

  test('shows everything after a place, and then what comes, none twice', async () => {
    const { store } = setUp()
    for (let n = 0; n < 1_200; n++) store.log.append(...read('a'))
    const events = store.log.follow({ after: 3 })
    expect(await take(events, 1_197)).toEqual(Array.from({ length: 1_197 }, (_, n) => n + 4))
    const waiting = take(events, 2)
    store.write((tx) => {
      tx.append(...read('b'))
      tx.append(...read('c'))
    })
    expect(await waiting).toEqual([1_201, 1_202])
    await events.return?.()
  })

  test('sees another handle’s commits', async () => {
    const test = setUp()
    const other = test.open()
    const events = test.store.follow()
    const waiting = take(events, 1)
    other.log.append(...read('a'))
    expect(await waiting).toEqual([1])
    await events.return?.()
  })

  test('works while its own process is inside a read', async () => {
    const test = setUp()
    const other = test.open()
    const events = test.store.follow()
    test.store.read(() => other.log.append(...read('a')))
    expect(await take(events, 1)).toEqual([1])
    await events.return?.()
  })

  test('sees nothing of what is rolled back', async () => {
    const { store } = setUp()
    const events = store.follow()
    expect(() =>
      store.write((tx) => {
        tx.append(...saved('a', 'x'))
        throw new Error('no')
      }),
    ).toThrow()
    store.log.append(...saved('b', 'y'))
    const { value } = await events.next()
    expect(value?.stream).toBe('notes.note/b')
    await events.return?.()
  })

  test('shows only the types, module or stream it was asked for', async () => {
    const { store } = setUp()
    store.log.append(...read('a'))
    store.log.append(...saved('b', 'x'))
    store.tasks.put({ id: 't' })
    const first = async (options: object) => {
      const events = store.log.follow({ after: 0, ...options })
      const { value } = await events.next()
      await events.return?.()
      return value?.sequence
    }
    expect(await first({ types: [SAVED] })).toBe(2)
    expect(await first({ module: 'tasks' })).toBe(3)
    expect(await first({ stream: 'notes.note/b' })).toBe(2)
    expect(await first({ module: 'notes', types: [READ] })).toBe(1)
  })

  test('does not miss a commit between its last look and its registration', async () => {
    const event = { sequence: 1, type: READ, stream: 'notes.note/a' } as RecordedEvent
    let looks = 0
    // The log is empty at the first looks, and nobody rings for what comes then.
    const source = {
      get hasNews() {
        return ++looks > 1
      },
      read: () => (looks > 1 ? [event] : []),
    }
    const waker = { isClosed: false, add: () => () => undefined } as unknown as Waker
    expect(await take(new Follower(new NewsWait(waker), source), 1)).toEqual([1])
  })

  test('of one stream passes what others have appended without reading it', async () => {
    const { store } = setUp()
    store.log.append(...read('a'))
    store.write((tx) => {
      for (let n = 0; n < 3_000; n++) tx.append(...read('b'))
    })
    store.log.append(...read('a'))
    const parse = vi.spyOn(JSON, 'parse')
    const events = store.log.follow({ after: 0, stream: 'notes.note/a' })
    expect(await take(events, 2)).toEqual([1, 3_002])
    const others = parse.mock.calls.filter(([text]) => text.includes('"id":"b"'))
    parse.mockRestore()
    expect(others).toEqual([])
    await events.return?.()
  })

  test('lets timers and aborts in between its pages, whether they show something or not', async () => {
    const { store } = setUp()
    store.write((tx) => {
      for (let n = 0; n < 30_000; n++) tx.append(...read('a'))
    })
    for (const options of [{}, { types: [SAVED] }]) {
      const controller = new AbortController()
      const events = store.log.follow({ after: 0, signal: controller.signal, ...options })
      setImmediate(() => setImmediate(() => controller.abort()))
      let count = 0
      for await (const _ of events) count++
      expect(count).toBeLessThan(5_000)
    }
  })

  test('reads no more at once than its budget of bytes', async () => {
    const { store } = setUp()
    const title = 'x'.repeat(100_000)
    for (let n = 0; n < 30; n++) store.log.append(...saved(`n${n}`, `${n} ${title}`))
    const parse = vi.spyOn(JSON, 'parse')
    const events = store.log.follow({ after: 0 })
    expect(await take(events, 1)).toEqual([1])
    const characters = parse.mock.calls.reduce((sum, [text]) => sum + text.length, 0)
    parse.mockRestore()
    expect(characters).toBeLessThan(1_500_000)
    expect(await take(events, 29)).toHaveLength(29)
    await events.return?.()
    expect(() => store.log.follow({ maxBytes: 0 })).toThrow(code('ARGUMENT_INVALID'))
  })

  test('gives each of its events to one of those who ask at the same time', async () => {
    const { store } = setUp()
    const events = store.log.follow()
    const asked = Array.from({ length: 5 }, () => events.next())
    for (let n = 0; n < 3; n++) store.log.append(...read('a'))
    const given = await Promise.all(asked.slice(0, 3))
    expect(given.map(({ value }) => value?.sequence)).toEqual([1, 2, 3])
    await events.return?.()
    expect((await Promise.all(asked.slice(3))).map(({ done }) => done)).toEqual([true, true])
  })

  test('whose store is closed while it does not wait is at its end', async () => {
    const { store } = setUp()
    store.log.append(...read('a'))
    const events = store.log.follow({ after: 0 })
    expect(await take(events, 1)).toEqual([1])
    store.close()
    expect((await events.next()).done).toBe(true)
  })

  test.each([{}, { live: true as const }])('leaves no listener on its signal: %j', async (live) => {
    const test = setUp()
    const { signal } = new AbortController()
    const followed = () => test.store.log.follow({ after: 0, signal, ...live })
    test.store.log.append(...read('a'))
    const left = followed()
    for await (const _ of left) break
    const waiting = followed()
    await waiting.next()
    const last = waiting.next()
    await waiting.return?.()
    await last
    expect(() => test.store.log.follow({ maxBytes: -1, signal, ...live })).toThrow()
    const closed = followed()
    await closed.next()
    test.store.close()
    await closed.next()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('of a key that nothing is open under is refused', () => {
    expect(() => setUp().store.follow('nothing')).toThrow(code('ARGUMENT_INVALID'))
  })

  test.each(['signal', 'return', 'close'])('that waits is ended by %s', async (by) => {
    const test = setUp()
    const controller = new AbortController()
    const events = test.store.log.follow({ signal: controller.signal })
    const waiting = events.next()
    await new Promise((resolve) => setTimeout(resolve, 5))
    if (by === 'signal') controller.abort()
    else if (by === 'return') await events.return?.()
    else test.store.close()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })

  test('with a signal that was given already shows nothing', async () => {
    const { store } = setUp()
    store.log.append(...read('a'))
    const events = store.log.follow({ after: 0, signal: AbortSignal.abort() })
    expect((await events.next()).done).toBe(true)
  })
})

describe('a consumer', () => {
  test('begins at the beginning and goes on where it stopped', async () => {
    const test = setUp()
    for (const id of ['a', 'b', 'c']) test.store.log.append(...read(id))
    const first = test.store.log.consumer('mirror')
    expect(await take(first, 2)).toEqual([1, 2])
    first.commit()
    await first.return?.()
    const second = test.reopen().log.consumer('mirror')
    expect(await take(second, 1)).toEqual([3])
    await second.return?.()
  })

  test('is given the event in hand again when it stopped before asking for the next', async () => {
    const test = setUp()
    for (const id of ['a', 'b']) test.store.log.append(...read(id))
    const first = test.store.log.consumer('mirror')
    expect(await take(first, 2)).toEqual([1, 2])
    await first.return?.()
    const second = test.store.log.consumer('mirror')
    expect(await take(second, 1)).toEqual([2])
    await second.return?.()
  })

  test('is forgotten when it is removed, and begins anew when it comes back', async () => {
    const { store } = setUp()
    for (const id of ['a', 'b']) store.log.append(...read(id))
    const first = store.log.consumer('mirror')
    await take(first, 2)
    first.commit()
    await first.return?.()
    store.log.removeConsumer('mirror')
    expect(store.status().consumers).toEqual([])
    const second = store.log.consumer('mirror')
    expect(await take(second, 1)).toEqual([1])
    await second.return?.()
  })

  test('whose filter nothing matches says how far it has looked', async () => {
    const saved: number[] = []
    const filtered = {
      hasBuffered: false,
      next: () => new Promise<never>(() => undefined),
    } as unknown as Follower<RecordedEvent>
    const consumer = new Consumer('rare', filtered, {
      gap: null,
      passed: () => 7,
      save: (sequence) => saved.push(sequence) > 0,
      savePassedEveryMs: 5,
    })
    void consumer.next()
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(saved).toEqual([7])
  })

  test('whose checkpoint is removed while it is at work is told so, and makes no new one', async () => {
    const { store } = setUp()
    for (const id of ['a', 'b', 'c']) store.log.append(...read(id))
    const consumer = store.log.consumer('mirror')
    expect(await take(consumer, 2)).toEqual([1, 2])
    store.log.removeConsumer('mirror')
    expect(() => consumer.commit()).toThrow(code('NOT_FOUND'))
    expect(store.status().consumers).toEqual([])
    // It may be left as it is.
    expect((await consumer.return?.())?.done).toBe(true)
    expect(store.status().consumers).toEqual([])
  })

  test('that waits is told too, and a busy store ends nothing', async () => {
    const waiting = (save: () => boolean) => {
      let end = () => undefined as unknown
      const follower = {
        hasBuffered: false,
        next: () =>
          new Promise((resolve) => {
            end = () => resolve({ done: true, value: undefined })
          }),
        return: () => end(),
      } as unknown as Follower<RecordedEvent>
      const options = { gap: null, passed: () => 7, save, savePassedEveryMs: 5 }
      return { next: new Consumer('rare', follower, options).next(), end: () => end() }
    }
    await expect(waiting(() => false).next).rejects.toThrow(code('NOT_FOUND'))
    let tries = 0
    const busy = waiting(() => {
      tries++
      throw new StoreError('BUSY', 'busy')
    })
    await expect.poll(() => tries).toBeGreaterThan(2)
    busy.end()
    expect((await busy.next).done).toBe(true)
  })

  test('is noted from the start, and its checkpoint never goes back', async () => {
    const { store } = setUp()
    const checkpoint = () => store.status().consumers[0]
    const first = store.log.consumer('mirror')
    expect(checkpoint()).toMatchObject({ consumer: 'mirror', sequence: 0 })
    const second = store.log.consumer('mirror')
    for (const id of ['a', 'b']) store.log.append(...read(id))
    await take(second, 2)
    second.commit()
    await take(first, 1)
    first.commit()
    expect(checkpoint()?.sequence).toBe(2)
    await first.return?.()
    await second.return?.()
  })

  test('sees only its own types, and passes over the others', async () => {
    const test = setUp()
    test.store.log.append(...read('a'))
    test.store.log.append(...saved('a', 'x'))
    const consumer = test.store.log.consumer('mirror', { types: [SAVED] })
    expect(await take(consumer, 1)).toEqual([2])
    consumer.commit()
    expect(test.store.status().consumers[0]?.sequence).toBe(2)
    await consumer.return?.()
  })
})

describe('the doorbell', () => {
  test('is one byte, however often it is rung', () => {
    const test = setUp()
    for (let n = 0; n < 5; n++) test.store.log.append(...read('a'))
    expect(readFileSync(bellPath(test.path))).toHaveLength(1)
  })

  test('is heard by whoever watches', async () => {
    const test = setUp()
    const bell = new Doorbell(test.path)
    let watcher: ReturnType<typeof watchBell>
    const rung = new Promise<void>((resolve) => {
      watcher = watchBell(test.path, true, resolve)
    })
    bell.ring()
    await rung
    watcher?.close()
    bell.close()
  })

  test('that cannot be rung fails nothing', () => {
    const bell = new Doorbell('/nowhere/at/all/state.db')
    bell.ring()
    bell.ring()
    bell.close()
    expect(watchBell('/nowhere/at/all/state.db', true, () => undefined)).toBeUndefined()
  })

  test('is not made by who only reads, and what is written is found all the same', async () => {
    const test = setUp()
    test.store.close()
    rmSync(bellPath(test.path), { force: true })
    const reader = test.open({ mode: 'read' })
    const events = reader.follow()
    const waiting = take(events, 1)
    await sleep(60)
    expect(existsSync(bellPath(test.path))).toBe(false)
    const writer = test.open()
    writer.log.append(...read('a'))
    expect(await waiting).toEqual([1])
    await events.return?.()
  })

  test('that was taken for something else is found out by the poll', async () => {
    const test = setUp()
    writeFileSync(bellPath(test.path), '')
    const other = test.open()
    const events = test.store.follow()
    const waiting = take(events, 1)
    other.log.append(...read('a'))
    expect(await waiting).toEqual([1])
    await events.return?.()
  })
})
