import { expect, test } from 'vitest'
import type { RecordedEvent } from '../log/types.ts'
import { OwnEvents } from './own-events.ts'

function own(...sequences: readonly number[]): OwnEvents {
  const events = new OwnEvents()
  add(events, ...sequences)
  return events
}

function add(events: OwnEvents, ...sequences: readonly number[]): void {
  for (const sequence of sequences) {
    const event = { sequence, stream: 's', type: 't', metadata: null, occurredAtMs: 0 }
    events.add(event as RecordedEvent, '{}')
  }
}

const taken = (events: OwnEvents, after: number) =>
  events.takeAfter(after).map(({ sequence }) => sequence)

test('what follows without a gap is taken, once', () => {
  const events = own(3, 4, 7, 8)
  expect(taken(events, 2)).toEqual([3, 4])
  expect(events.first).toBe(7)
  expect(taken(events, 4)).toEqual([])
  expect(taken(events, 6)).toEqual([7, 8])
  expect(events.first).toBe(Number.POSITIVE_INFINITY)
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

test('of a transaction too large for memory the rest is left to be read', () => {
  const events = own()
  const text = 'x'.repeat(3 * 1024 * 1024)
  for (let sequence = 1; sequence <= 5; sequence++) {
    const event = { sequence, stream: 's', type: 't', metadata: null, occurredAtMs: 0 }
    events.add(event as RecordedEvent, text)
  }
  expect(taken(events, 0)).toEqual([1, 2])
  add(events, 6)
  expect(taken(events, 5)).toEqual([6])
})
