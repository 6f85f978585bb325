/**
 * Ends the process in which a query runs when it runs too long, whatever the process that asked is
 * doing: a server in the middle of something has no time to look at the clock. The query keeps this
 * process's own thread busy, so that another one waits.
 *
 * Shared with that thread is one number: the milliseconds that the query has, 0 while there is none.
 */
import { Worker } from 'node:worker_threads'

// Runs without a file of its own. Each change of the number wakes it, so that it never goes on
// waiting for a query that has ended.
const WAIT = `
  const limit = new Int32Array(require('node:worker_threads').workerData)
  for (;;) {
    const ms = Atomics.load(limit, 0)
    const woken = Atomics.wait(limit, 0, ms, ms === 0 ? Infinity : ms)
    if (woken === 'timed-out') process.kill(process.pid, 'SIGKILL')
  }`

/** Watches over one query at a time. */
export class Watchdog {
  readonly #limit = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

  constructor() {
    const worker = new Worker(WAIT, { eval: true, workerData: this.#limit.buffer })
    // Where there can be no thread the other process still looks at the clock.
    worker.on('error', () => undefined)
    worker.unref()
  }

  /** Runs `query`; does not come back when that takes longer than `limitMs`. */
  during<Result>(limitMs: number, query: () => Result): Result {
    this.#set(limitMs)
    try {
      return query()
    } finally {
      this.#set(0)
    }
  }

  #set(limitMs: number): void {
    Atomics.store(this.#limit, 0, limitMs)
    Atomics.notify(this.#limit, 0)
  }
}
