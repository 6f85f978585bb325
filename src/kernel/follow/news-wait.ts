/**
 * Waiting for news, as every kind of follower does it. A commit between a follower's last look and its
 * registration has rung already, so it looks once more after registering.
 *
 * Invariant: once it has ended there is nothing of it left, neither at the waker nor at the signal.
 */
import type { Waker } from './waker.ts'

/** One follower's waits; once ended there are no more. */
export class NewsWait {
  readonly #waker: Waker
  readonly #signal: AbortSignal | undefined
  readonly #releases = new Set<() => void>()
  readonly #onAbort = (): void => this.end()
  #isEnded = false

  /** @param signal ends the follower. */
  constructor(waker: Waker, signal?: AbortSignal) {
    this.#waker = waker
    this.#signal = signal
    signal?.addEventListener('abort', this.#onAbort)
    if (signal?.aborted) this.end()
  }

  /** True after `end`, after the store was closed, and after a failure. */
  get isEnded(): boolean {
    if (this.#waker.isClosed) this.end()
    return this.#isEnded
  }

  /** Resolves when there may be news or the end has come; rejects when the log was replaced. */
  wait(hasNews: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const remove = this.#waker.add((failure) => {
        // Closing the store is how its owner ends a follower.
        if (failure && failure.code !== 'STORE_CLOSED') reject(failure)
        release()
        if (failure) this.end()
      })
      const release = () => {
        remove()
        this.#releases.delete(release)
        resolve()
      }
      this.#releases.add(release)
      if (hasNews()) release()
    })
  }

  /** Ends the follower, a wait under way included. */
  end(): void {
    this.#isEnded = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
    for (const release of this.#releases) release()
  }
}
