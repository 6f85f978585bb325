/**
 * Coalesced persistence: a text that grows by thousands of deltas becomes a few durable events, at a
 * length, after a time, and at its end; until then it is shown through the live ring.
 *
 * Invariant: the parts of a text follow each other without gap or overlap, each `offset` being the
 * length of all before it; so whoever joins them has the text. A part and the going of the live
 * pieces it replaces are one transaction. No part ends within a character: half of one, which JSON
 * cannot hold, would keep all that comes after it from being stored.
 */
import { StoreError } from '../errors.ts'
import type { LivePiece, ModuleStore, WriteTransaction } from '../log/module-store.ts'
import type { NewEvent } from '../log/types.ts'
import { LONE_HALF, wholeCharacters } from './whole-characters.ts'

// A part goes to a page of its own with what is compressed of it: shorter ones leave half of it empty.
const MAX_LENGTH = 8192
const MAX_MS = 5000
// Texts that grow at the same time; more are not turns of a conversation.
const MAX_KEYS = 10_000

/** A part of a text, to become one event. */
export interface CoalescedPart {
  readonly key: string
  /** Length of the text before this part, in UTF-16 units; 0 for a text that was replaced. */
  readonly offset: number
  readonly text: string
  /** True for the last part of its text; its `text` may be empty. */
  readonly isLast: boolean
}

/** Options of a {@link Coalescer}. */
export interface CoalesceOptions {
  /**
   * Makes the event of a part; it may name another stream than the coalescer's to go to. `undefined`:
   * what the text belonged to is gone, and the text goes with it.
   */
  readonly event: (part: CoalescedPart) => (NewEvent & { readonly stream?: string }) | undefined
  /** Length at which a part becomes durable. Default 8,192. */
  readonly maxLength?: number
  /** Milliseconds after which a part becomes durable, however short. Default 5,000. */
  readonly maxMs?: number
}

interface Growing {
  /** Length of what is durable. */
  offset: number
  text: string
  /** The first half of a character whose second has not come. */
  half: string
  /** True once the text was replaced: then it is kept as a whole, at its end. */
  isReplaced: boolean
  since: number
}

/**
 * Gathers the deltas of one stream's texts.
 *
 * @example
 * ```ts
 * import { Coalescer, defineModule, event, openStore } from 'holdfast'
 * const chat = defineModule({
 *   name: 'chat',
 *   version: 1,
 *   events: { 'chat.message.grown': event<{ id: string; offset: number; text: string }>() },
 *   migrations: [{ id: '0001-initial', sql: 'CREATE TABLE chat_message (id TEXT, text TEXT) STRICT' }],
 *   project: {
 *     'chat.message.grown': (tx, { data }) =>
 *       void tx.run('INSERT INTO chat_message VALUES (?, ?)', [data.id, data.text]),
 *   },
 *   api: (store) =>
 *     new Coalescer(store, 'chat.thread/t1', {
 *       event: ({ key, offset, text }) => ({
 *         type: 'chat.message.grown',
 *         data: { id: key, offset, text },
 *       }),
 *     }),
 * })
 * const store = openStore('.mytool/chat.db', { chat })
 * for (const word of ['To', ' be', ' or', ' not']) store.chat.add('m1', word)
 * store.chat.end('m1')
 * store.close()
 * ```
 */
export class Coalescer {
  readonly #store: Pick<ModuleStore, 'write' | 'live'>
  readonly #stream: string
  readonly #options: Required<CoalesceOptions>
  readonly #texts = new Map<string, Growing>()
  #timer: NodeJS.Timeout | undefined
  #failure: unknown

  constructor(
    store: Pick<ModuleStore, 'write' | 'live'>,
    stream: string,
    options: CoalesceOptions,
  ) {
    this.#store = store
    this.#stream = stream
    this.#options = { maxLength: MAX_LENGTH, maxMs: MAX_MS, ...options }
  }

  /**
   * Adds a delta to a text; throws what an append in the background threw. A character may come in two
   * halves; one that stays alone becomes U+FFFD, as wherever a text becomes UTF-8.
   */
  add(key: string, delta: string): void {
    this.#throwFailure()
    const growing = this.#growing(key)
    const { text, half } = wholeCharacters(growing.half + delta)
    growing.half = half
    if (text === '') return
    this.#show(key, growing.offset + growing.text.length, text)
    if (growing.text === '') growing.since = performance.now()
    growing.text += text
    if (growing.text.length >= this.#options.maxLength && !growing.isReplaced) {
      this.#persist(key, growing, false)
    } else this.#schedule()
  }

  /** Sets the whole text: where it goes on from what is there as a delta, else to be kept at its end. */
  replace(key: string, newText: string): void {
    this.#throwFailure()
    const growing = this.#growing(key)
    const { text, half } = wholeCharacters(newText)
    const isContinued = growing.offset === 0 && text.startsWith(growing.text)
    growing.isReplaced = true
    growing.half = ''
    if (isContinued) {
      this.add(key, text.slice(growing.text.length))
      growing.half = half
      return
    }
    growing.half = half
    growing.offset = 0
    growing.text = text
    this.#show(key, 0, text)
  }

  /** Makes the rest of a text durable, as its last part. */
  end(key: string): void {
    this.#throwFailure()
    this.#persist(key, this.#growing(key), true)
  }

  /** Ends every text, and does what `then` says, in one transaction: all of it becomes durable or nothing. */
  endAll<Result>(then: () => Result): Result {
    // What has failed in the background is done here, or thrown by this.
    this.#failure = undefined
    const texts = [...this.#texts]
    const result = this.#store.write((tx) => {
      for (const [key, growing] of texts) this.#append(tx, key, growing, true)
      return then()
    })
    for (const [key] of texts) this.#texts.delete(key)
    return result
  }

  /**
   * Takes over a text whose writer has ended in the middle of it: what was shown of it after `offset`,
   * the length of what is durable, becomes a part. Returns that; the text can then go on, or end.
   * Whether the writer has ended is for the caller to know: two writers of a text spoil it. One that
   * grows in this coalescer is left as it is.
   */
  recover(key: string, offset: number): string {
    this.#throwFailure()
    if (this.#texts.has(key)) return ''
    const text = textAfter(offset, this.#store.live.pieces(this.#liveKey(key)))
    const growing = this.#growing(key)
    growing.offset = offset
    growing.text = text
    if (text !== '') this.#persist(key, growing, false)
    return text
  }

  /** Makes everything gathered durable. */
  flush(): void {
    this.#throwFailure()
    for (const [key, growing] of this.#texts) {
      if (growing.text !== '') this.#persist(key, growing, false)
    }
  }

  /** Makes everything gathered durable and stops; before the store is closed. */
  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.flush()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #growing(key: string): Growing {
    const known = this.#texts.get(key)
    if (known) return known
    if (this.#texts.size >= MAX_KEYS) {
      throw new StoreError('ARGUMENT_INVALID', `${MAX_KEYS} texts of '${this.#stream}' are open`, {
        hint: 'end() those that are complete',
      })
    }
    const growing = { offset: 0, text: '', half: '', isReplaced: false, since: performance.now() }
    this.#texts.set(key, growing)
    return growing
  }

  #show(key: string, offset: number, text: string): void {
    this.#store.live.set(this.#liveKey(key), { offset, text })
  }

  #persist(key: string, growing: Growing, isLast: boolean): void {
    const isKept = this.#store.write((tx) => this.#append(tx, key, growing, isLast))
    // After the commit: should it fail, the text is still to be made durable.
    growing.offset += growing.text.length
    growing.text = ''
    if (isLast || !isKept) this.#texts.delete(key)
  }

  #append(tx: WriteTransaction, key: string, growing: Growing, isLast: boolean): boolean {
    const liveKey = this.#liveKey(key)
    const { offset, half } = growing
    const text = isLast && half !== '' ? growing.text + LONE_HALF : growing.text
    const made = this.#options.event({ key, offset, text, isLast })
    if (made) {
      const { stream = this.#stream, ...event } = made
      tx.append(stream, event)
    }
    if (isLast || !made) this.#store.live.end(liveKey)
    else this.#store.live.settle(liveKey, offset + text.length)
    return made !== undefined
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.#whenDue(), this.#options.maxMs)
  }

  #whenDue(): void {
    this.#timer = undefined
    const { maxMs } = this.#options
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    try {
      for (const [key, growing] of this.#texts) {
        if (growing.text === '' || growing.isReplaced) continue
        if (growing.since + maxMs <= now + 1) this.#persist(key, growing, false)
        else next = Math.min(next, growing.since + maxMs - now)
      }
    } catch (error) {
      // Nobody is there to catch it; the next call throws it, and the text is kept until then.
      this.#failure = error
      return
    }
    if (next < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#whenDue(), next)
  }

  #throwFailure(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  #liveKey(key: string): string {
    return `${this.#stream}#${key}`
  }
}

// As followers put pieces together. From a gap on, and of a text that was set anew from before what is
// durable, nothing can be told.
function textAfter(start: number, pieces: readonly LivePiece[]): string {
  let text = ''
  for (const { offset, text: more } of pieces) {
    if (offset > start + text.length) return text
    if (offset < start && more !== '') return ''
    text = text.slice(0, Math.max(0, offset - start)) + more
  }
  return text
}
