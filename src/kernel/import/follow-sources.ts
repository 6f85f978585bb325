/**
 * Reading on in sources that grow, until aborted. The file system's own notice is a hint that saves
 * time; what decides is a look at size and time, so that a notice that never comes costs half a
 * second and no record.
 */
import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'
import type { ImportTarget } from './append-imported.ts'
import type { FullPlan } from './plan.ts'
import { runImport } from './run-import.ts'
import { identityOfFile, type SourceJob } from './source-reading.ts'
import type { ImportOptions, ImportReport } from './types.ts'

/** How often sources are looked at without any notice. */
export const POLL_MS = 500

/** Options of following. */
export interface FollowImportOptions extends Omit<ImportOptions, 'retire'> {
  /** Ends it. */
  readonly signal?: AbortSignal
}

/** Imports a plan, then whatever its sources gain; yields a report each time something was read. */
export async function* followSources(
  target: ImportTarget,
  plan: FullPlan,
  options: FollowImportOptions,
): AsyncGenerator<ImportReport, void, undefined> {
  const seen = new Map<string, string>()
  const changed = plan.jobs.filter((job) => hasChanged(seen, job))
  yield runImport(target, { ...plan, jobs: changed }, options)
  const waiting = new Notices(plan.jobs, options.signal)
  try {
    while (await waiting.next()) {
      const jobs = plan.jobs.filter((job) => hasChanged(seen, job))
      if (jobs.length === 0) continue
      const report = runImport(target, { jobs, skipped: [], skippedCount: 0 }, options)
      if (report.read > 0) yield report
    }
  } finally {
    waiting.close()
  }
}

function hasChanged(seen: Map<string, string>, { source }: SourceJob): boolean {
  let now: string
  try {
    const { device, inode, sizeBytes, modifiedAtMs } = identityOfFile(source.path)
    now = `${device}:${inode}:${sizeBytes}:${modifiedAtMs}`
  } catch {
    // Between being renamed and being made anew: it is looked at again.
    return false
  }
  const isNew = seen.get(source.path) !== now
  seen.set(source.path, now)
  return isNew
}

/** Waits for a notice from the folders of the sources, or for the time of the next look. */
class Notices {
  readonly #watchers: FSWatcher[] = []
  readonly #signal: AbortSignal | undefined
  #wake: () => void = () => undefined
  #isNoticed = false

  constructor(jobs: readonly SourceJob[], signal: AbortSignal | undefined) {
    this.#signal = signal
    for (const folder of new Set(jobs.map(({ source }) => dirname(source.path)))) {
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#notice())
        // Without notices there is still the look.
        watcher.on('error', () => watcher.close())
        this.#watchers.push(watcher)
      } catch {
        // As above: too many watchers, or a file system that has none.
      }
    }
  }

  /** False when aborted. */
  async next(): Promise<boolean> {
    if (!this.#isNoticed && !this.#signal?.aborted) await this.#wait()
    this.#isNoticed = false
    return !this.#signal?.aborted
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close()
  }

  #notice(): void {
    this.#isNoticed = true
    this.#wake()
  }

  #wait(): Promise<void> {
    return new Promise((done) => {
      const finish = () => {
        clearTimeout(timer)
        this.#signal?.removeEventListener('abort', finish)
        done()
      }
      const timer = setTimeout(finish, POLL_MS)
      this.#signal?.addEventListener('abort', finish, { once: true })
      this.#wake = finish
    })
  }
}
