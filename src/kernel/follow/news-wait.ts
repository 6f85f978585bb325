/**
 * Waiting for news, as every kind of follower does it. A commit between a follower's last look and its
 * registration has rung already, so it looks once more after registering.
 */
import type { Waker } from './waker.ts'

/** One follower's waits; once ended there are no more. */
export class NewsWait {
  readonly #waker: Waker
  #isEnded = false
  #release: (() => void) | undefined

  constructor(waker: Waker) {
    this.#waker = waker
  }

  /** True after `end`, after the store was closed, and after a failure. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Resolves when there may be news or the end has come; rejects when the log was replaced. */
  wait(hasNews: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const remove = this.#waker.add((failure) => {
        remove()
        this.#release = undefined
        if (!failure) return resolve()
        this.#isEnded = true
        // Closing the store is how its owner ends a follower.
        if (failure.code === 'STORE_CLOSED') resolve()
        else reject(failure)
      })
      this.#release = () => {
        remove()
        resolve()
      }
      if (hasNews()) this.#release()
    })
  }

  /** Ends the follower, a wait under way included. */
  end(): void {
    this.#isEnded = true
    this.#release?.()
  }
}
