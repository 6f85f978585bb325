/** The API of threads. */
import type { FollowItem, FollowOptions, ModuleStore, RecordedEvent } from '../../index.ts'
import { AnswerRecords } from './answer-records.ts'
import { AnswerStream, type AnswerStreamOptions } from './answer-stream.ts'
import { type ExportedThread, exportThread } from './archive.ts'
import {
  ANSWER_OPTIONS,
  DISCARD_OPTIONS,
  FILTER,
  given,
  HISTORY_OPTIONS,
  IMPORT_OPTIONS,
  SEARCH_OPTIONS,
  VERSION,
  WINDOW,
  WORDS,
} from './arguments.ts'
import type { Command } from './commands.ts'
import {
  acceptedOrThrow,
  type CommandAccepted,
  type CommandOptions,
  type CommandResult,
  dispatch,
} from './dispatch.ts'
import { threadStream } from './events.ts'
import type { ThreadHistory } from './fold-thread.ts'
import { type ImportedThread, type ImportThreadOptions, importThread } from './import-archive.ts'
import {
  listActivities,
  listMessages,
  listThreads,
  listTurns,
  readDetail,
  type ThreadDetail,
  type ThreadFilter,
} from './reading.ts'
import { type RecoveredAnswer, recoverAnswers } from './recover-answers.ts'
import { APPROVAL, PROJECT, rowOf, rowsOf, THREAD } from './rows.ts'
import { type SearchOptions, type SearchResult, searchMessages } from './search.ts'
import { readSelected, readSetting, readSettings } from './settings.ts'
import { type LeavingThread, listLeaving, sweep, sweepOnTheWay } from './sweep.ts'
import { type HistoryOptions, threadAt } from './thread-at.ts'
import type {
  Activity,
  ActivityPlace,
  Approval,
  Message,
  Page,
  Project,
  Thread,
  ThreadCursor,
  Turn,
} from './types.ts'
import {
  type DiscardOptions,
  discardImport,
  listUnfinished,
  type ThreadImport,
} from './unfinished-imports.ts'
import { limitOf, type Window } from './windows.ts'

/** Options of a thread's follower; `after` may be a place that was kept, of `store.log.place()`. */
export type ThreadFollowOptions = Pick<
  FollowOptions,
  'after' | 'maxBytes' | 'onUnreadable' | 'signal'
>

/** Projects, their threads, and everything that happens in them. */
export class Threads {
  readonly #store: ModuleStore
  readonly #answers = new AnswerRecords()

  /** @internal Use `openStore(path, { threads })`. */
  constructor(store: ModuleStore) {
    this.#store = store
  }

  /** Decides a command and appends what follows from it; a refusal is an answer, not an error. */
  dispatch(command: Command, options?: CommandOptions): CommandResult {
    return dispatch(this.#store, command, options)
  }

  /**
   * As `dispatch`, but throws where the command is refused: `NOT_FOUND`, `CONSTRAINT` for an id or
   * path that is taken, `ARGUMENT_INVALID` for what cannot be done now, `STREAM_BLOCKED` for a thread or
   * project with an event in the quarantine, and a thread that is half imported.
   */
  execute(command: Command, options?: CommandOptions): CommandAccepted {
    return acceptedOrThrow(this.dispatch(command, options))
  }

  /**
   * Takes a provider's reports on the turn under way: deltas are shown live and become few durable
   * parts. Throws `ARGUMENT_INVALID` when no turn is. Close it before the store. What a process that
   * has ended had shown of the turn becomes durable first, and the turn goes on.
   */
  answer(threadId: string, options: AnswerStreamOptions = {}): AnswerStream {
    given('answer', ANSWER_OPTIONS, options)
    return new AnswerStream(this.#store, this.#answers, threadId, options)
  }

  /**
   * Takes over what ended processes have left of their answers, in one thread or in all: what was shown
   * becomes durable, and a turn that nobody else writes fails with the error `WRITER_ENDED`. At a program's
   * start; again it does nothing. It also removes what large deleted threads have left. Never while a writer runs, or nobody can tell whether it does.
   */
  recover(threadId?: string): RecoveredAnswer[] {
    if (threadId === undefined && !this.#store.isWriting) sweepOnTheWay(this.#store)
    return recoverAnswers(this.#store, this.#answers, threadId)
  }

  /** Projects by name, at most 1,000. */
  projects(): Project[] {
    return this.#store.read((tx) => rowsOf(tx, PROJECT, 'ORDER BY name, id LIMIT 1000'))
  }

  /** One project. */
  project(id: string): Project | undefined {
    return this.#store.read((tx) => rowOf(tx, PROJECT, 'WHERE id = ?', [id]))
  }

  /** Threads, the last changed first, in pages. */
  list(filter?: ThreadFilter): Page<Thread, ThreadCursor> {
    given('list', FILTER, filter)
    return this.#store.read((tx) => listThreads(tx, filter))
  }

  /** One thread. */
  get(id: string): Thread | undefined {
    return this.#store.read((tx) => rowOf(tx, THREAD, 'WHERE id = ?', [id]))
  }

  /** Id of the thread selected last, or `null`. */
  selected(): string | null {
    return this.#store.read((tx) => readSelected(tx))
  }

  /** A thread with what is around it, in one view of the store. */
  detail(id: string, options: { readonly limit?: number } = {}): ThreadDetail | undefined {
    given('detail', WINDOW, options)
    return this.#store.read((tx) =>
      readDetail(tx, id, { ...options, sequence: this.#store.log.head() }),
    )
  }

  /** A part of a thread's turns, oldest first; their places are their numbers. */
  turns(threadId: string, window?: Window): Page<Turn, number> {
    given('turns', WINDOW, window)
    return this.#store.read((tx) => listTurns(tx, threadId, window))
  }

  /** A part of a thread's messages, oldest first. */
  messages(threadId: string, window?: Window): Page<Message, number> {
    given('messages', WINDOW, window)
    return this.#store.read((tx) => listMessages(tx, threadId, window))
  }

  /** A part of a thread's activities, oldest first. */
  activities(threadId: string, window?: Window<ActivityPlace>): Page<Activity, ActivityPlace> {
    given('activities', WINDOW, window)
    return this.#store.read((tx) => listActivities(tx, threadId, window))
  }

  /** What waits for a yes, in all threads, the longest waiting first; at most 1,000. */
  pendingApprovals(): Approval[] {
    const rest = `WHERE status = 'pending' ORDER BY requested_at_ms, id LIMIT 1000`
    return this.#store.read((tx) => rowsOf(tx, APPROVAL, rest))
  }

  /** The value of a setting, or `undefined`. */
  setting(key: string): unknown {
    return this.#store.read((tx) => readSetting(tx, key))
  }

  /** All settings; at most 1,000. */
  settings(): Record<string, unknown> {
    return this.#store.read((tx) => readSettings(tx))
  }

  /** Messages with all of the words, best first; the last word may be the beginning of one. */
  search(query: string, options?: SearchOptions): SearchResult {
    given('search', SEARCH_OPTIONS, options)
    return searchMessages(this.#store, given('search', WORDS, query ?? null), options)
  }

  /** What was said of a thread, oldest first, read from its stream alone; versions after `after`. */
  history(threadId: string, options: HistoryOptions = {}): RecordedEvent[] {
    given('history', HISTORY_OPTIONS, options)
    return this.#store.log.readStream(threadStream(threadId), {
      ...options,
      limit: limitOf(options.limit ?? 1_000),
    })
  }

  /**
   * A thread as it was at a version of its stream, read from that stream alone; `undefined` when it
   * was not there. Activities and the session are not part of it: of those only the newest is kept.
   * Without events that `onUnreadable` has passed it is as if they had never been said.
   */
  at(
    threadId: string,
    version: number,
    options: Pick<HistoryOptions, 'onUnreadable'> = {},
  ): ThreadHistory | undefined {
    given('at', VERSION, version ?? null)
    given('at', HISTORY_OPTIONS, options)
    return threadAt(this.#store, threadId, version, options)
  }

  /**
   * A thread as lines of JSON with checksums, for `importThread` of another store; read from one
   * view, and in memory as a whole. Throws `NOT_FOUND` when there is no such thread, `STORE_CORRUPT` for one
   * with an event that cannot be read, `STREAM_BLOCKED` for one that is half imported or has an event in the
   * quarantine: an archive is whole or there is none.
   */
  exportThread(threadId: string): string[] {
    const lines: string[] = []
    exportThread(this.#store, threadId, (line) => lines.push(line))
    return lines
  }

  /**
   * As `exportThread`, but hands on line after line, without line breaks, so that a long thread never
   * stands in memory. `write` is called inside one read of the store, and may not write to it.
   */
  exportThreadTo(threadId: string, write: (line: string) => void): ExportedThread {
    return exportThread(this.#store, threadId, write)
  }

  /**
   * Takes a thread over from its archive: the path of a file, or its lines, which are gone through twice.
   * All is checked before anything is written; then it comes in by transactions of at most 100 ms. A call
   * that did not come to its end is completed by another with the same archive, in any process; until then the
   * thread is half imported, and nothing else is done with it. An archive that is there already changes
   * nothing: `stored` is 0. Not inside a `write`.
   *
   * Throws `IMPORT_INVALID` for an archive that was changed, cut short or is not of one thread; `CONSTRAINT`
   * where one of the ids is used already, or the thread came from another archive; `NOT_FOUND` for a project
   * that is not there.
   */
  importThread(archive: string | Iterable<string>, options?: ImportThreadOptions): ImportedThread {
    return importThread(this.#store, archive, given('importThread', IMPORT_OPTIONS, options))
  }

  /** Threads that are half imported, the oldest import first; at most 1,000. */
  unfinishedImports(): ThreadImport[] {
    return this.#store.read((tx) => listUnfinished(tx))
  }

  /**
   * Gives up a thread that is half imported: what came in is deleted, as by `thread.delete`, and its ids
   * stay used. Throws `NOT_FOUND` when there is no such import.
   */
  discardImport(threadId: string, options?: DiscardOptions): ThreadImport {
    return discardImport(this.#store, threadId, given('discardImport', DISCARD_OPTIONS, options))
  }

  /**
   * Removes what large threads have left that were deleted by a process which was killed in the middle of it, in
   * transactions of at most 100 ms. Nobody sees it meanwhile; but its ids are not free. Not inside a `write`.
   */
  finishDeletions(): void {
    sweep(this.#store)
  }

  /** Threads that were deleted, and of which something is left; at most 1,000. */
  unfinishedDeletions(): LeavingThread[] {
    return this.#store.read((tx) => listLeaving(tx))
  }

  /**
   * As `follow`, and: `synchronized` once the log's end was reached, then the texts of messages as
   * they grow, under the key `threads.thread/<id>#<message id>`.
   */
  followLive(
    threadId: string,
    options: ThreadFollowOptions = {},
  ): AsyncIterableIterator<FollowItem> {
    return this.#store.log.follow({ ...options, stream: threadStream(threadId), live: true })
  }

  /** Events of a thread's stream as they come, from any process; those after `after` first. */
  follow(
    threadId: string,
    options: ThreadFollowOptions = {},
  ): AsyncIterableIterator<RecordedEvent> {
    return this.#store.log.follow({ ...options, stream: threadStream(threadId) })
  }
}
