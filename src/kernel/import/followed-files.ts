/**
 * What following an import knows of the files in its folders: whether a source has changed since it
 * was last read, and whether a file has come, or got a content, that the plan does not have.
 */

import { identityOfFile } from './file-identity.ts'
import { isLinesName } from './source-name.ts'
import type { SourceJob } from './source-reading.ts'
import { findFiles, ownFilesOf, Skipped } from './walk.ts'

/** How often sources are looked at without any notice, in milliseconds. */
export const POLL_MS = 500
// A little less than between two looks, whose clock is another one.
const REST_MS = POLL_MS * 0.9
// A look through folders of a hundred thousand files may take no more than a twentieth of the time.
const REST_FACTOR = 20

/** The files below some paths. */
export class FollowedFiles {
  readonly #paths: readonly string[]
  readonly #isOwn: (path: string) => boolean
  /** Sources by path, as they were when last read. */
  readonly #read = new Map<string, string>()
  /** Sources that are being changed, as they were last seen, and since when. */
  readonly #changing = new Map<string, { readonly signature: string; readonly sinceMs: number }>()
  /** All files by path, as they were before the last plan was made. */
  #planned = new Map<string, string>()
  /** As they were at the last look. */
  #looked = new Map<string, string>()
  #looksAgainAtMs = 0

  constructor(paths: readonly string[], storePath: string) {
    this.#paths = paths
    this.#isOwn = ownFilesOf(storePath)
  }

  /** Call before each plan: what is different afterwards is news. */
  beforePlan(): void {
    this.#planned = this.#look()
    this.#looked = this.#planned
  }

  /**
   * True when a source is not as it was when this was last said; false while it is not there. One that
   * is read as a whole is waited for until two looks find it the same: half of it is not what it says.
   */
  hasChanged({ source, importer }: SourceJob): boolean {
    const { path } = source
    const now = signatureOf(path)
    const before = this.#read.get(path)
    if (now === undefined || before === now) return false
    if (importer.format === 'file' && before !== undefined && !this.#isAtRest(path, now))
      return false
    this.#read.set(path, now)
    return true
  }

  // Notices come while a file is being written, as close as its writes.
  #isAtRest(path: string, signature: string): boolean {
    const nowMs = performance.now()
    const seen = this.#changing.get(path)
    if (seen?.signature !== signature) this.#changing.set(path, { signature, sinceMs: nowMs })
    else if (nowMs - seen.sinceMs >= REST_MS) return this.#changing.delete(path)
    return false
  }

  /**
   * True when a file has come or changed that is not among `sources`. One that is not a log is waited
   * for until it is the same in two looks: it may be in the middle of being written.
   */
  hasNews(sources: ReadonlySet<string>): boolean {
    const before = performance.now()
    if (before < this.#looksAgainAtMs) return false
    const now = this.#look()
    const hasNews = Array.from(now).some(([path, signature]) => {
      if (sources.has(path) || this.#planned.get(path) === signature) return false
      return isLinesName(path) || this.#looked.get(path) === signature
    })
    this.#looked = now
    const after = performance.now()
    this.#looksAgainAtMs = after + Math.max(POLL_MS, (after - before) * REST_FACTOR)
    return hasNews
  }

  #look(): Map<string, string> {
    const found = new Map<string, string>()
    const mayBeGone = { mayBeGone: true }
    try {
      for (const { path } of findFiles(this.#paths, this.#isOwn, new Skipped(), mayBeGone)) {
        const signature = signatureOf(path)
        if (signature !== undefined) found.set(path, signature)
      }
    } catch {
      // Too many files: planning says so aloud.
    }
    return found
  }
}

function signatureOf(path: string): string | undefined {
  try {
    const { device, inode, sizeBytes, modifiedAtMs } = identityOfFile(path)
    return `${device}:${inode}:${sizeBytes}:${modifiedAtMs}`
  } catch {
    // Between being renamed and being made anew: it is looked at again.
    return undefined
  }
}
