import { expect, test } from 'vitest'
import { sleepSync, Turn } from './busy-wait.ts'

/** Milliseconds that each of so many shares took, `everyMs` apart. */
function shares(count: number, everyMs: number): number[] {
  const turn = new Turn()
  return Array.from({ length: count }, () => {
    sleepSync(everyMs)
    const startedAt = performance.now()
    turn.share()
    return performance.now() - startedAt
  })
}

const breaks = (took: readonly number[]) => took.filter((ms) => ms >= 0.15).length

test('a writer that commits again and again takes a break every few milliseconds', () => {
  const taken = breaks(shares(40, 1))
  expect(taken).toBeGreaterThanOrEqual(4)
  expect(taken).toBeLessThan(30)
})

test('a writer that commits now and then takes none', () => {
  expect(breaks(shares(3, 120))).toBe(0)
})
