/**
 * What a log should hold and answer: every event in order, each stream's version as a count, and the
 * answer given to each idempotency key. It never drops anything; what may be gone is the test's to say.
 */

/** An event as given to the log. */
export interface Given {
  readonly type: string
  readonly data: { readonly text: string }
}

/** An event of the log. */
export interface Logged extends Given {
  readonly sequence: number
  readonly stream: string
  readonly version: number
}

/** An append: where, what, and under which conditions. */
export interface Append {
  readonly stream: string
  readonly events: readonly Given[]
  readonly expectedVersion: number | 'none' | 'any'
  readonly key: string | undefined
}

/** What an append gives, or the code of its error. */
export type Answer =
  | { readonly version: number; readonly sequence: number; readonly appended: number }
  | { readonly fails: string }

const WEEK_MS = 7 * 24 * 3_600_000

/** The model; `isState` says which types suppress what changes nothing. */
export class LogModel {
  readonly events: Logged[] = []
  readonly #receipts = new Map<string, { request: string; answer: Answer; untilMs: number }>()
  readonly #isState: (type: string) => boolean

  constructor(isState: (type: string) => boolean) {
    this.#isState = isState
  }

  version(stream: string): number {
    return this.events.filter((event) => event.stream === stream).length
  }

  append({ key, ...append }: Append, nowMs: number): Answer {
    const request = JSON.stringify([append.stream, append.events, append.expectedVersion])
    const receipt = key === undefined ? undefined : this.#receipts.get(key)
    if (receipt && receipt.untilMs > nowMs) {
      return receipt.request === request ? receipt.answer : { fails: 'COMMAND_CONFLICT' }
    }
    const version = this.version(append.stream)
    const expected = append.expectedVersion === 'none' ? 0 : append.expectedVersion
    if (expected !== 'any' && expected !== version) return { fails: 'VERSION_CONFLICT' }
    for (const event of append.events) this.#add(append.stream, event)
    const answer = {
      version: this.version(append.stream),
      sequence: this.events.length,
      appended: this.version(append.stream) - version,
    }
    if (key !== undefined) this.#receipts.set(key, { request, answer, untilMs: nowMs + WEEK_MS })
    return answer
  }

  #add(stream: string, event: Given): void {
    const last = this.events.findLast((one) => one.stream === stream)
    const isSame = last?.type === event.type && last.data.text === event.data.text
    if (isSame && this.#isState(event.type)) return
    const version = this.version(stream) + 1
    this.events.push({ ...event, sequence: this.events.length + 1, stream, version })
  }
}
