/**
 * The doorbell: a one-byte file beside the store, rewritten after each commit and watched by the
 * followers of other processes. Watching the `-wal` itself misses commits: the system reports its
 * write before SQLite publishes the commit in shared memory, which raises no event.
 */
import { closeSync, constants, type FSWatcher, openSync, watch, writeSync } from 'node:fs'

const BYTE = Buffer.from('.')
// Followers read pages, so one ring a millisecond tells them as much as one a commit.
const RING_EVERY_MS = 1

/** The doorbell's file. */
export function bellPath(store: string): string {
  return `${store}-bell`
}

/** Rings after commits. The bell is only a hint, so nothing that fails here may fail a commit. */
export class Doorbell {
  readonly #path: string
  #descriptor: number | undefined
  #isBroken = false
  #rungAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(store: string) {
    this.#path = bellPath(store)
  }

  /** Rings now, or in a millisecond when it has just rung. */
  ring(): void {
    if (this.#isBroken) return
    if (performance.now() - this.#rungAt >= RING_EVERY_MS) this.#ringNow()
    else this.#timer ??= setTimeout(() => this.#ringNow(), RING_EVERY_MS)
  }

  #ringNow(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#rungAt = performance.now()
    try {
      this.#descriptor ??= openBell(this.#path)
      // At position 0, and not opened for appending: the file stays one byte long.
      writeSync(this.#descriptor, BYTE, 0, 1, 0)
    } catch {
      // A full disk or a folder taken away: followers still find commits by their slow poll.
      this.#isBroken = true
    }
  }

  close(): void {
    if (this.#timer) this.#ringNow()
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
    this.#isBroken = true
  }
}

/**
 * Calls `onRing` when another process rings; `undefined` where there is nothing to watch, or not yet.
 *
 * @param mayMake makes a bell that is not there, so that it can be watched before it is first rung.
 */
export function watchBell(
  store: string,
  mayMake: boolean,
  onRing: () => void,
): FSWatcher | undefined {
  try {
    if (mayMake) closeSync(openBell(bellPath(store)))
    const watcher = watch(bellPath(store), { persistent: false }, onRing)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    // No bell, no watches left (inotify's limit), or a read-only folder: the poll is quicker then.
    return undefined
  }
}

function openBell(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
}
