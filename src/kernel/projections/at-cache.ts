/**
 * Tables of the past that were made once and may be asked for again: who looks at one place of the
 * log mostly looks at it more than once. What they hold does not change: the past is over.
 *
 * Bounded by number and size; what is in use is not counted, for it is the caller's to close.
 */
import type { Scratch } from './scratch.ts'

const MAX_IDLE = 4
const MAX_IDLE_BYTES = 128 * 1024 * 1024

const SIZE = /* sql */ `
  SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()`

interface Kept {
  readonly key: string
  readonly scratch: Scratch
  readonly bytes: number
  users: number
}

/** A scratch file that others may be using too; `release` gives it back, once. */
export interface SharedScratch {
  readonly scratch: Scratch
  readonly release: () => void
}

/** The scratch files of one store's `at`. */
export class AtCache {
  // The one used last stands last.
  readonly #kept = new Map<string, Kept>()
  #isClosed = false

  /** The file of `key`, if there is one. */
  find(key: string): SharedScratch | undefined {
    const kept = this.#kept.get(key)
    return kept && this.#share(kept)
  }

  /** Takes a file over that was made for `key`. */
  add(key: string, scratch: Scratch): SharedScratch {
    const bytes = scratch.connection.get<{ bytes: number }>(SIZE)?.bytes ?? 0
    return this.#share({ key, scratch, bytes, users: 0 })
  }

  /** Removes all that nobody uses; the others go when they are released. */
  close(): void {
    this.#isClosed = true
    this.#trim()
  }

  #share(kept: Kept): SharedScratch {
    kept.users++
    this.#kept.delete(kept.key)
    this.#kept.set(kept.key, kept)
    return {
      scratch: kept.scratch,
      release: () => {
        kept.users--
        this.#trim()
      },
    }
  }

  #trim(): void {
    const idle = [...this.#kept.values()].filter(({ users }) => users === 0).reverse()
    let bytes = 0
    for (const [index, kept] of idle.entries()) {
      bytes += kept.bytes
      if (!this.#isClosed && index < MAX_IDLE && bytes <= MAX_IDLE_BYTES) continue
      this.#kept.delete(kept.key)
      kept.scratch.dispose()
    }
  }
}
