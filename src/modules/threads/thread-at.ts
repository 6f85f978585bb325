/** A thread as it was, folded from its stream page by page. */
import type { ModuleStore, OnUnreadable, UnreadableEvent } from '../../index.ts'
import { threadStream } from './events.ts'
import { ThreadFold, type ThreadHistory } from './fold-thread.ts'
import { findUnfinished } from './unfinished-imports.ts'

const PAGE = 1_000

/** Options of a thread's history. */
export interface HistoryOptions {
  /** A version, exclusive. */
  readonly after?: number
  /** Default 1,000. */
  readonly limit?: number
  /** Events that cannot be read are told to it and passed; left out, they throw `STORE_CORRUPT`. */
  readonly onUnreadable?: OnUnreadable
}

/** The thread at a version of its stream; `undefined` when it was not there. */
export function threadAt(
  store: ModuleStore,
  threadId: string,
  version: number,
  options: Pick<HistoryOptions, 'onUnreadable'>,
): ThreadHistory | undefined {
  const fold = new ThreadFold()
  const passed = new Set<number>()
  // Those at the end of a page are met by the next one again.
  const onUnreadable = (event: UnreadableEvent): void => {
    if (passed.has(event.sequence)) return
    passed.add(event.sequence)
    options.onUnreadable?.(event)
  }
  const passing = options.onUnreadable ? { onUnreadable } : {}
  for (let after = 0; after < version; ) {
    const limit = Math.min(PAGE, version - after)
    const before = passed.size
    const events = store.log.readStream(threadStream(threadId), { ...passing, after, limit })
    for (const event of events) if (event.version <= version) fold.add(event)
    const last = events.at(-1)
    // Of a page that was passed as a whole only its size is known.
    if (!last && passed.size === before) break
    after = last?.version ?? after + limit
  }
  const { history } = fold
  if (!history) return undefined
  // Of an import the thread's own stream says nothing: it is as it was where it comes from.
  const isHalfImported = store.read((tx) => findUnfinished(tx, threadId)) !== undefined
  return { ...history, thread: { ...history.thread, isHalfImported } }
}
