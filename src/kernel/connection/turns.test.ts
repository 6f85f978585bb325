import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Turns } from './turns.ts'

const ATTEMPTS = 30

// Time passes only where a test says so: a machine that is busy stops anybody at any place.
let nowMs = 0
beforeEach(() => {
  nowMs = 1_000
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
})
afterEach(() => vi.restoreAllMocks())

const pass = (ms: number): void => {
  nowMs += ms
}

/** What one waits for in all, until so many milliseconds have passed. */
function sleeps(turns: Turns, untilMs: number): number[] {
  const taken: number[] = []
  for (let waitedMs = 0; waitedMs < untilMs; waitedMs += taken.at(-1) ?? 0) {
    taken.push(turns.sleepMs(taken.length + 1, waitedMs))
  }
  return taken
}

/** Others commit between any two looks. */
function inCrowd(random = () => 0.5): Turns {
  let commits = 0
  return new Turns(random, () => ++commits)
}

test('alone with one that holds the lock, sleeps are short at first, and never long', () => {
  const longest = sleeps(new Turns(() => 1), 50)
  expect(longest).toEqual([...longest].sort((a, b) => a - b))
  expect(longest[0]).toBeLessThan(1)
  expect(Math.max(...longest)).toBeLessThanOrEqual(2)
  const shortest = sleeps(new Turns(() => 0), 1)
  expect(new Set(shortest).size).toBe(1)
  expect(shortest[0]).toBeGreaterThan(0)
})

test('in a crowd one leaves the lock alone, until one has waited long', () => {
  const taken = sleeps(inCrowd(), 80)
  expect(Math.max(...taken)).toBeGreaterThan(10)
  expect(Math.max(...taken.slice(-5))).toBeLessThan(0.5)
  // Known as one, it is not tried again and again at the next wait.
  const turns = inCrowd()
  sleeps(turns, 80)
  expect(turns.sleepMs(1, 0)).toBeGreaterThan(10)
})

test('in a crowd who has waited longest looks most often', () => {
  const turns = inCrowd(() => 1)
  const at = (waitedMs: number) => turns.sleepMs(ATTEMPTS, waitedMs)
  expect([at(0), at(40), at(60), at(150), at(1000)]).toEqual(
    [at(0), at(40), at(60), at(150), at(1000)].sort((a, b) => b - a),
  )
  expect(at(1000)).toBeLessThan(at(60))
})

test('a crowd that has gone is forgotten', () => {
  let commits = 0
  const turns = new Turns(
    () => 0.5,
    () => ++commits,
  )
  expect(turns.sleepMs(ATTEMPTS, 0)).toBeGreaterThan(10)
  pass(120)
  expect(turns.sleepMs(1, 0)).toBeLessThan(1)
})

/** Commits one behind the other. */
function commit(turns: Turns, times: number): void {
  for (let commits = 0; commits < times; commits++) {
    turns.begins()
    turns.committed()
  }
}

/** A writer in the middle of its turn, into which another pushes. */
function pushedOut(turns = inCrowd()): Turns {
  commit(turns, 20)
  turns.begins()
  turns.othersCommitted()
  return turns
}

test('a writer that others push out stands back while they go on, and then comes again', () => {
  const turns = pushedOut()
  expect(turns.standsBack()).toBe(true)
  // At first it only looks whether they go on.
  expect(turns.sleepMs(1, 0)).toBeLessThan(1.5)
  expect(turns.standsBack()).toBe(true)
  pass(10)
  expect(turns.standsBack()).toBe(true)
  expect(turns.sleepMs(2, 10)).toBeGreaterThan(5)
  pass(70)
  expect(turns.standsBack()).toBe(false)
})

test('who has only just pushed in does not mind the last commit of its predecessor', () => {
  const turns = inCrowd()
  commit(turns, 2)
  turns.begins()
  turns.othersCommitted()
  expect(turns.standsBack()).toBe(false)
  expect(turns.isCrowd).toBe(true)
  // Refused, it asks again soon: the turn is its own.
  expect(turns.sleepMs(1, 0)).toBeLessThan(0.5)
})

test('nor does who comes again after standing back', () => {
  const turns = pushedOut()
  while (turns.standsBack()) sleepSync(10)
  commit(turns, 2)
  turns.begins()
  turns.othersCommitted()
  expect(turns.standsBack()).toBe(false)
})

test('of two that push in at once one gives way first', () => {
  const patient = inCrowd(() => 0.9)
  const other = inCrowd(() => 0.1)
  for (const turns of [patient, other]) {
    commit(turns, 5)
    turns.begins()
    turns.othersCommitted()
  }
  expect([patient.standsBack(), other.standsBack()]).toEqual([false, true])
})

test('a writer goes on when the other one wanted no more than one commit', () => {
  let commits = 0
  const turns = pushedOut(
    new Turns(
      () => 0.5,
      () => commits,
    ),
  )
  commits++
  expect([turns.standsBack(), turns.standsBack()]).toEqual([true, false])
})

test('writers whose flushes take long take no turns', () => {
  const turns = inCrowd()
  for (let slow = 0; slow < 10; slow++) {
    turns.begins()
    pass(4)
    turns.committed()
  }
  turns.begins()
  turns.othersCommitted()
  expect([turns.standsBack(), turns.isCrowd]).toEqual([false, false])
})

test('one that commits now and then never stands back', () => {
  const turns = inCrowd()
  for (let commit = 0; commit < 10; commit++) {
    turns.begins()
    expect(turns.standsBack()).toBe(false)
    turns.othersCommitted()
    turns.committed()
    pass(2)
  }
})
