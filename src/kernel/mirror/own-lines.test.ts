import { expect, test } from 'vitest'
import type { RecordedEvent } from '../log/types.ts'
import { MirrorLines } from './mirror-lines.ts'
import { OwnLines } from './own-lines.ts'

// Types that begin so are written by their module, or not wanted.
const LATER = 'later'
const UNWANTED = 'unwanted'

function own(...sequences: readonly number[]): OwnLines {
  const lines = new MirrorLines({
    lineOf: (type) => (type === LATER ? ({ text }) => text : undefined),
    wants: (type) => type !== UNWANTED,
    redact: undefined,
  })
  const events = new OwnLines(lines)
  add(events, ...sequences)
  return events
}

function eventOf(sequence: number, type = 't'): RecordedEvent {
  return { sequence, stream: 's', type, metadata: null, occurredAtMs: 0 } as RecordedEvent
}

function add(events: OwnLines, ...sequences: readonly number[]): void {
  for (const sequence of sequences) events.add(eventOf(sequence), '{}')
}

function taken(events: OwnLines, after: number): number[] {
  const run = events.takeAfter(after)
  if (!run) return []
  if ('events' in run) return run.events.map(({ sequence }) => sequence)
  const lines = run.lines.toString().split('\n').slice(0, -1)
  expect(run.count).toBe(lines.length)
  return lines.map((line) => (JSON.parse(line) as { sequence: number }).sequence)
}

test('what follows without a gap is taken, once', () => {
  const events = own(3, 4, 7, 8)
  expect(taken(events, 2)).toEqual([3, 4])
  expect(events.first).toBe(7)
  expect(taken(events, 4)).toEqual([])
  add(events, 9)
  expect(taken(events, 6)).toEqual([7, 8, 9])
  expect(events.first).toBe(Number.POSITIVE_INFINITY)
  add(events, 10)
  expect(taken(events, 9)).toEqual([10])
})

test('what others have mirrored is forgotten, and stands before nothing', () => {
  const events = own(1, 2, 9)
  expect(taken(events, 4)).toEqual([])
  expect(events.first).toBe(9)
  expect(taken(events, 8)).toEqual([9])
})

test('what a savepoint or a transaction takes back is forgotten', () => {
  const events = own()
  events.begin()
  add(events, 1)
  events.savepoint()
  add(events, 2)
  events.rollbackTo()
  add(events, 2, 3)
  events.commit()
  events.begin()
  add(events, 4)
  events.rollback()
  expect(taken(events, 0)).toEqual([1, 2, 3])
})

test('of lines that wait for others, a later transaction takes only its own back', () => {
  const events = own(1, 2, 5)
  expect(taken(events, 0)).toEqual([1, 2])
  events.begin()
  add(events, 6)
  events.add(eventOf(7, LATER), '{}')
  events.rollback()
  events.begin()
  add(events, 6, 7)
  events.commit()
  expect(taken(events, 4)).toEqual([5, 6, 7])
})

test('of a transaction too large for memory the rest is left to be read', () => {
  const events = own()
  const text = 'x'.repeat(3 * 1024 * 1024)
  for (let sequence = 1; sequence <= 5; sequence++) events.add(eventOf(sequence), `"${text}"`)
  expect(taken(events, 0)).toEqual([1, 2])
  add(events, 6)
  expect(taken(events, 5)).toEqual([6])
})

test('one that is too large alone stands before nothing that comes after it', () => {
  const events = own()
  events.add(eventOf(1), `"${'x'.repeat(9 * 1024 * 1024)}"`)
  expect(taken(events, 0)).toEqual([])
  add(events, 2)
  expect(taken(events, 1)).toEqual([2])
})

test('what a module writes its own way is asked of it later, in its place; what nobody wants has no line', () => {
  const events = own(1)
  events.add(eventOf(2, UNWANTED), '{}')
  events.add(eventOf(3, LATER), '{"mine":1}')
  events.add(eventOf(4, LATER), '{}')
  events.add(eventOf(5, UNWANTED), '{}')
  expect(taken(events, 0)).toEqual([1])
  expect(events.takeAfter(2)).toMatchObject({ through: 4, events: [{ text: '{"mine":1}' }, {}] })
  expect(events.takeAfter(4)).toMatchObject({ through: 5, count: 0 })
  expect(events.first).toBe(Number.POSITIVE_INFINITY)
})
