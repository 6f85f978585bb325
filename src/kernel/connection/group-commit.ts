/**
 * Group commit: many small writes share one commit, and so one fsync.
 *
 * Each function runs in its own savepoint: one that throws rejects its own caller and undoes
 * only itself. A commit that fails rejects every caller of the group, and nothing is retried, for a
 * caller's function need not be safe to run twice.
 */
import { isStoreError, StoreError } from '../errors.ts'
import { busyError } from './busy-wait.ts'
import type { Connection } from './connection.ts'
import type { Durability } from './pragmas.ts'

const MAX_GROUP = 256
// What a lone caller waits at most for company when the loop is busy.
const MAX_GROUP_MS = 10
const MAX_QUEUE = 100_000

interface Job {
  readonly fn: () => unknown
  readonly durability: Durability
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
  /** Once it has run; what it gave counts when the group is committed. */
  outcome: { readonly result: unknown } | { readonly error: unknown } | undefined
  /** When it was first kept back by the lock; below 0 when it has not been. */
  refusedAt: number
}

/** The queue of asynchronous writes of one connection. */
export class GroupCommit {
  readonly #connection: Connection
  #queue: Job[] = []
  #scheduled: NodeJS.Immediate | NodeJS.Timeout | undefined
  #waitingSince = -1
  #attempts = 0
  #onDrained: (() => void)[] = []

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Runs `fn` inside one of the next group transactions. */
  write<Result>(fn: () => Result, durability: Durability): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#queue.length >= MAX_QUEUE) {
        reject(
          new StoreError('BUSY', `${MAX_QUEUE} writes are waiting on ${this.#connection.path}`, {
            hint: 'await writeAsync() now and then',
          }),
        )
        return
      }
      this.#queue.push({
        fn,
        durability,
        resolve: resolve as Job['resolve'],
        reject,
        outcome: undefined,
        refusedAt: -1,
      })
      this.#scheduled ??= setImmediate(() => this.#flush())
    })
  }

  /** Resolves when nothing waits any more. */
  drained(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onDrained.push(resolve)
    })
  }

  /** Commits what waits, blocking for the lock: for a synchronous close. */
  drainNow(): void {
    while (this.#queue.length > 0) this.#commitGroup((run, d) => this.#connection.write(run, d))
  }

  #flush(): void {
    this.#scheduled = undefined
    const startedAt = performance.now()
    try {
      if (this.#connection.turns.standsBack()) throw new StoreError('BUSY', 'it is others’ turn')
      while (this.#queue.length > 0) {
        this.#commitGroup((run, durability) => this.#connection.tryWrite(run, durability))
        this.#waitingSince = -1
        this.#attempts = 0
        if (performance.now() - startedAt > MAX_GROUP_MS) break
      }
    } catch (error) {
      this.#waitForLock(error)
      return
    }
    if (this.#queue.length > 0) this.#scheduled = setImmediate(() => this.#flush())
    else for (const resolve of this.#onDrained.splice(0)) resolve()
  }

  // Throws only BUSY, with the group still queued.
  #commitGroup(write: (run: () => void, durability: Durability) => void): void {
    const group = this.#queue.slice(0, MAX_GROUP)
    const durability = group.some((job) => job.durability === 'full') ? 'full' : 'normal'
    try {
      write(() => {
        for (const job of group) this.#run(job)
      }, durability)
    } catch (error) {
      // No job has run: the lock was not to be had.
      if (isStoreError(error, 'BUSY') && group[0]?.outcome === undefined) throw error
      for (const job of group) job.outcome = { error }
    }
    this.#queue.splice(0, group.length)
    for (const { outcome, resolve, reject } of group) {
      if (outcome && 'result' in outcome) resolve(outcome.result)
      else reject(outcome?.error)
    }
  }

  #run(job: Job): void {
    try {
      job.outcome = { result: this.#connection.savepoint(job.fn) }
    } catch (error) {
      job.outcome = { error }
    }
  }

  #waitForLock(error: unknown): void {
    const now = performance.now()
    if (this.#waitingSince < 0) this.#waitingSince = now
    this.#noteRefused(now)
    this.#rejectLate(now, error)
    if (this.#queue.length > 0) {
      const sleepMs = this.#connection.turns.sleepMs(++this.#attempts, now - this.#waitingSince)
      this.#scheduled = setTimeout(() => this.#flush(), sleepMs)
      return
    }
    this.#waitingSince = -1
    this.#attempts = 0
    for (const resolve of this.#onDrained.splice(0)) resolve()
  }

  // From the end, where those are that have come since.
  #noteRefused(now: number): void {
    for (let index = this.#queue.length - 1; index >= 0; index--) {
      const job = this.#queue[index]
      if (!job || job.refusedAt >= 0) return
      job.refusedAt = now
    }
  }

  // Each has a deadline of its own, and who came first has waited longest.
  #rejectLate(now: number, error: unknown): void {
    const { wait } = this.#connection
    const waitedMs = (job: Job | undefined) =>
      job ? now - Math.max(job.refusedAt, this.#waitingSince) : 0
    const longestMs = waitedMs(this.#queue[0])
    let late = 0
    while (late < this.#queue.length && waitedMs(this.#queue[late]) >= wait.timeoutMs) late++
    if (late === 0) return
    const failure = isStoreError(error, 'BUSY') ? busyError(wait, longestMs, error) : error
    for (const job of this.#queue.splice(0, late)) job.reject(failure)
  }
}
