import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

const ATTEMPTS = 30

/** A writer among others, and the time as the test has it. */
class Crowd {
  readonly turns: Turns
  commits = 0
  nowMs = 1000

  /** @param isBusy others commit between any two looks. */
  constructor({
    random = () => 0.5,
    isBusy = true,
  }: { random?: () => number; isBusy?: boolean } = {}) {
    const count = () => (isBusy ? ++this.commits : this.commits)
    this.turns = new Turns(random, count, () => this.nowMs)
  }

  /** Commits one behind the other. */
  commit(times: number, tookMs = 0.1): void {
    for (let commits = 0; commits < times; commits++) {
      this.turns.begins()
      this.nowMs += tookMs
      this.turns.committed()
    }
  }

  /** Asks for one more write; another has committed before it gets the lock. */
  meetForeignCommit(): void {
    this.turns.begins()
    this.turns.othersCommitted()
  }

  /** What one waits for in all, until so many milliseconds have passed. */
  sleeps(untilMs: number): number[] {
    const taken: number[] = []
    for (let waitedMs = 0; waitedMs < untilMs; waitedMs += taken.at(-1) ?? 0) {
      taken.push(this.turns.sleepMs(taken.length + 1, waitedMs))
    }
    return taken
  }
}

/** A writer in the middle of its turn, into which another pushes. */
function pushedOut(crowd = new Crowd()): Crowd {
  crowd.commit(20)
  crowd.meetForeignCommit()
  return crowd
}

test('alone with one that holds the lock, sleeps are short at first, and never long', () => {
  const longest = new Crowd({ random: () => 1, isBusy: false }).sleeps(50)
  expect(longest).toEqual([...longest].sort((a, b) => a - b))
  expect(longest[0]).toBeLessThan(1)
  expect(Math.max(...longest)).toBeLessThanOrEqual(2)
  const shortest = new Crowd({ random: () => 0, isBusy: false }).sleeps(1)
  expect(new Set(shortest).size).toBe(1)
  expect(shortest[0]).toBeGreaterThan(0)
})

test('in a crowd one leaves the lock alone, until one has waited long', () => {
  const crowd = new Crowd()
  const taken = crowd.sleeps(80)
  expect(Math.max(...taken)).toBeGreaterThan(10)
  expect(Math.max(...taken.slice(-5))).toBeLessThan(0.5)
  // Known as one, it is not tried again and again at the next wait.
  expect(crowd.turns.sleepMs(1, 0)).toBeGreaterThan(10)
})

test('in a crowd who has waited longest looks most often', () => {
  const { turns } = new Crowd({ random: () => 1 })
  const at = (waitedMs: number) => turns.sleepMs(ATTEMPTS, waitedMs)
  expect([at(0), at(40), at(60), at(150), at(1000)]).toEqual(
    [at(0), at(40), at(60), at(150), at(1000)].sort((a, b) => b - a),
  )
  expect(at(1000)).toBeLessThan(at(60))
})

test('a crowd that has gone is forgotten', () => {
  const crowd = new Crowd()
  expect(crowd.turns.sleepMs(ATTEMPTS, 0)).toBeGreaterThan(10)
  crowd.nowMs += 120
  expect(crowd.turns.sleepMs(1, 0)).toBeLessThan(1)
})

test('a writer that others push out stands back while they go on, and then comes again', () => {
  const crowd = pushedOut()
  const { turns } = crowd
  expect(turns.standsBack()).toBe(true)
  // At first it only looks whether they go on.
  expect(turns.sleepMs(1, 0)).toBeLessThan(1.5)
  expect(turns.standsBack()).toBe(true)
  crowd.nowMs += 10
  expect(turns.standsBack()).toBe(true)
  expect(turns.sleepMs(2, 10)).toBeGreaterThan(5)
  crowd.nowMs += 60
  expect(turns.standsBack()).toBe(false)
})

test('who has only just pushed in does not mind the last commit of its predecessor', () => {
  const crowd = new Crowd()
  crowd.commit(2)
  crowd.meetForeignCommit()
  expect(crowd.turns.standsBack()).toBe(false)
  expect(crowd.turns.isCrowd).toBe(true)
  // Refused, it asks again soon: the turn is its own.
  expect(crowd.turns.sleepMs(1, 0)).toBeLessThan(0.5)
})

test('nor does who comes again after it has stood back in the middle of a write', () => {
  const crowd = pushedOut()
  while (crowd.turns.standsBack()) crowd.nowMs += 10
  crowd.turns.committed()
  crowd.meetForeignCommit()
  expect(crowd.turns.standsBack()).toBe(false)
})

test('of two that push in at once one gives way first', () => {
  const [patient, other] = [0.9, 0.1].map((draw) => {
    const crowd = new Crowd({ random: () => draw })
    crowd.commit(5)
    crowd.meetForeignCommit()
    return crowd.turns.standsBack()
  })
  expect([patient, other]).toEqual([false, true])
})

test('a writer goes on when the other one wanted no more than one commit', () => {
  const crowd = pushedOut(new Crowd({ isBusy: false }))
  crowd.commits++
  expect([crowd.turns.standsBack(), crowd.turns.standsBack()]).toEqual([true, false])
})

test('writers whose commits take long take no turns', () => {
  const crowd = new Crowd()
  crowd.commit(10, 4)
  crowd.meetForeignCommit()
  expect([crowd.turns.standsBack(), crowd.turns.isCrowd]).toEqual([false, false])
})

test('nor do writers that flush each commit outside the lock: they ask again soon, however often refused', () => {
  const crowd = new Crowd()
  crowd.commit(10)
  crowd.turns.begins(true)
  crowd.turns.othersCommitted()
  crowd.commits++
  expect([crowd.turns.standsBack(), crowd.turns.isCrowd]).toEqual([false, false])
  const sleeps = Array.from({ length: 40 }, (_, at) => crowd.turns.sleepMs(at + 1, 0.5 * at))
  expect(Math.max(...sleeps)).toBeLessThanOrEqual(1)
  expect(Math.min(...sleeps)).toBeGreaterThan(0)
})

test('one that commits now and then never stands back', () => {
  const crowd = new Crowd()
  for (let commit = 0; commit < 10; commit++) {
    crowd.turns.begins()
    expect(crowd.turns.standsBack()).toBe(false)
    crowd.turns.othersCommitted()
    crowd.turns.committed()
    crowd.nowMs += 2
  }
})
