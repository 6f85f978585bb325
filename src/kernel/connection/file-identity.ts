/**
 * Notices that a store's file was removed or replaced. SQLite goes on writing to the unlinked file
 * without a sign: every commit would be acknowledged, and gone at close.
 */
import { statSync } from 'node:fs'
import { StoreError } from '../errors.ts'

// What may be written to a file that is gone, at most, before it shows. A look at each write would
// cost a thirtieth of it.
const LOOK_EVERY_MS = 50

/** Device and inode as text; `'missing'` for no file. */
export function fileIdentity(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? `${stat.dev}:${stat.ino}` : 'missing'
}

/** Says that a store's file is another than the one that was opened. */
export function storeReplaced(path: string): StoreError {
  return new StoreError('STORE_REPLACED', `${path} was removed or replaced since it was opened`, {
    hint: 'close it and open it again; what was written in the last moments may be in no file',
  })
}

/** Remembers which file a path named. */
export class FileWatch {
  readonly #path: string
  readonly #identity: string
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(path: string) {
    this.#path = path
    this.#identity = fileIdentity(path)
  }

  /** Throws `STORE_REPLACED` when the path names another file; looks now and then. */
  ensureSame(): void {
    const now = performance.now()
    if (now - this.#lookedAt < LOOK_EVERY_MS) return
    if (fileIdentity(this.#path) !== this.#identity) {
      throw storeReplaced(this.#path)
    }
    this.#lookedAt = now
  }
}
