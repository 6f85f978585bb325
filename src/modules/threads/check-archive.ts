/**
 * The first pass over an archive: whatever can be judged is judged before the first write, and only what a
 * second reading must be compared with is remembered.
 */
import { type ModuleStore, StoreError } from '../../index.ts'
import type { ArchiveHeader } from './archive.ts'
import { type ArchiveBatch, archiveBatches, invalidArchive } from './archive-batches.ts'
import { problemOf, StreamStarts, takenBy } from './archived-event.ts'
import { findImport, otherArchive, type ThreadImport } from './unfinished-imports.ts'

const MAX_NAMED = 5
// Enough to see that it is all of them.
const MAX_COUNTED = 1_000

/** An archive that may be taken over. */
export interface CheckedArchive {
  readonly header: ArchiveHeader
  readonly events: number
  /** Its name. */
  readonly sha256: string
  /** Of every line up to the end of each batch. */
  readonly hashes: readonly string[]
  /** How far an import of it has come already. */
  readonly found: ThreadImport | undefined
}

/**
 * Reads all of an archive. Throws `IMPORT_INVALID` for one that is not what was written or not of one thread,
 * `CONSTRAINT` where the store has one of its ids, or half of another archive of the thread.
 */
export function checkArchive(store: ModuleStore, lines: Iterable<string>): CheckedArchive {
  const batches = archiveBatches(lines)
  const hashes: string[] = []
  let check: Check | undefined
  for (;;) {
    const next = batches.next()
    if (!next.done) {
      check ??= new Check(store, next.value.header)
      check.take(next.value)
      hashes.push(next.value.hash)
      continue
    }
    if (!check) throw invalidArchive('it has no events')
    const { sha256, events } = next.value
    return { header: check.header, events, sha256, hashes, found: check.settle(sha256) }
  }
}

class Check {
  readonly header: ArchiveHeader
  readonly #store: ModuleStore
  readonly #starts: StreamStarts
  readonly #taken = new Set<string>()
  /** As it was seen last: others may go on with it, or give it up, while this one reads. */
  #found: ThreadImport | undefined

  constructor(store: ModuleStore, header: ArchiveHeader) {
    this.#store = store
    this.header = header
    this.#starts = new StreamStarts(store)
  }

  take({ events, first, line }: ArchiveBatch): void {
    const { threadId } = this.header
    for (const [at, event] of events.entries()) {
      const problem = problemOf(event, threadId, first + at)
      if (problem !== undefined) throw invalidArchive(`line ${line + at}: ${problem}`)
    }
    this.#store.read((tx) => {
      const now = findImport(tx, threadId)
      const done = now?.done ?? (this.#found ? Number.POSITIVE_INFINITY : 0)
      this.#found = now ?? this.#found
      for (const [at, event] of events.entries()) {
        const stream = this.#starts.taken(event, first + at >= done)
        const taken = stream ?? takenBy(tx, event, threadId)
        if (taken !== undefined && this.#taken.size < MAX_COUNTED) this.#taken.add(taken)
      }
    })
  }

  settle(sha256: string): ThreadImport | undefined {
    const found = this.#found
    if (found && found.archive !== sha256) throw otherArchive(found)
    if (this.#taken.size > 0) throw idsTaken([...this.#taken])
    return found
  }
}

/** The error of ids that the store has given to something else. */
export function idsTaken(taken: readonly string[]): StoreError {
  const named = taken.slice(0, MAX_NAMED).join(', ')
  const count = taken.length < MAX_COUNTED ? taken.length : `${taken.length} or more`
  return new StoreError('CONSTRAINT', `this store has ${count} of its ids already: ${named}`, {
    hint: 'nothing was imported; a thread is imported once, and its id stays used when it is deleted',
  })
}
