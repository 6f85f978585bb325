/** Sends values one after the other; of several with one key that wait, only the newest. */

/** A queue with room for one value a key. */
export class LatestByKey<Value> {
  readonly #waiting = new Map<string, Value>()
  readonly #send: (value: Value) => Promise<void>
  #isSending = false

  constructor(send: (value: Value) => Promise<void>) {
    this.#send = send
  }

  /** Puts a value in line, in place of an older one of its key. */
  put(key: string, value: Value): void {
    this.#waiting.set(key, value)
    if (!this.#isSending) void this.#run()
  }

  async #run(): Promise<void> {
    this.#isSending = true
    try {
      for (const [key, value] of this.#waiting) {
        this.#waiting.delete(key)
        await this.#send(value)
      }
    } catch {
      // The reader is gone: nobody waits for the rest.
      this.#waiting.clear()
    } finally {
      this.#isSending = false
    }
  }
}
