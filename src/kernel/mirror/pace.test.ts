import { beforeEach, expect, test, vi } from 'vitest'
import { type Outcome, Pace } from './pace.ts'

let now = 0
beforeEach(() => {
  now = 1000
  vi.spyOn(performance, 'now').mockImplementation(() => now)
})

/** Rest after writes that took so long. */
function restAfter(pace: Pace, outcome: Outcome, ...tookMs: readonly number[]): number {
  for (const took of tookMs) {
    const startedAt = now
    now += took
    pace.note(outcome, startedAt)
  }
  return pace.dueAt - now
}

test('a quick write is followed by the next a millisecond later, a slice of a backlog by as long a rest', () => {
  expect(restAfter(new Pace(), 'done', 3)).toBe(1)
  expect(restAfter(new Pace(), 'busy', 0)).toBe(1)
  expect(restAfter(new Pace(), 'more', 52)).toBe(52)
  expect(restAfter(new Pace(), 'failed', 0)).toBe(1000)
})

test('a disk that is slow twice takes a tenth of the time, and no longer than it is', () => {
  const pace = new Pace()
  expect(restAfter(pace, 'done', 500)).toBe(1)
  expect(pace.slowMs).toBeUndefined()
  expect(restAfter(pace, 'done', 400)).toBe(3600)
  expect(pace.slowMs).toBe(400)
  expect(restAfter(pace, 'done', 200)).toBe(1800)
  expect(restAfter(pace, 'done', 2)).toBe(1)
  expect(pace.slowMs).toBeUndefined()
  expect(restAfter(pace, 'failed', 30_000, 30_000)).toBe(60_000)
})
