/**
 * Reading on in sources that grow, until aborted or until files have come that need a new plan. The
 * file system's own notice is a hint that saves time; what decides is a look at size and time, so that
 * a notice that never comes costs half a second and no record.
 */
import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'
import type { ImportTarget } from './append-imported.ts'
import { type FollowedFiles, POLL_MS } from './followed-files.ts'
import type { FullPlan } from './plan.ts'
import { runImport } from './run-import.ts'
import type { ImportOptions, ImportReport } from './types.ts'

/** Options of following. */
export interface FollowImportOptions extends Omit<ImportOptions, 'retire'> {
  /** Ends it. */
  readonly signal?: AbortSignal
}

/**
 * Imports a plan, then whatever its sources gain; yields a report each time something was read, and
 * first of all. Returns true when there are files that the plan does not have, false when aborted.
 */
export async function* followSources(
  target: ImportTarget,
  plan: FullPlan,
  files: FollowedFiles,
  options: FollowImportOptions & { readonly isGoingOn: boolean },
): AsyncGenerator<ImportReport, boolean, undefined> {
  const paths = new Set(plan.jobs.map(({ source }) => source.path))
  const changed = () => plan.jobs.filter((job) => files.hasChanged(job))
  const first = runImport(target, { ...plan, jobs: changed() }, options)
  if (!options.isGoingOn || first.read > 0) yield first
  const waiting = new Notices([...paths, ...plan.skipped.map(({ path }) => path)], options.signal)
  try {
    while (await waiting.next()) {
      const jobs = changed()
      if (jobs.length > 0) {
        const report = runImport(
          target,
          { jobs, unreadable: [], skipped: [], skippedCount: 0, unusedAs: [] },
          options,
        )
        if (report.read > 0) yield report
      }
      if (files.hasNews(paths)) return true
    }
    return false
  } finally {
    waiting.close()
  }
}

/** Waits for a notice from the folders of the sources, or for the time of the next look. */
class Notices {
  readonly #watchers: FSWatcher[] = []
  readonly #signal: AbortSignal | undefined
  #wake: () => void = () => undefined
  #isNoticed = false

  constructor(paths: readonly string[], signal: AbortSignal | undefined) {
    this.#signal = signal
    for (const folder of new Set(paths.map((path) => dirname(path)))) {
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
