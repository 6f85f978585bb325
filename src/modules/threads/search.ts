/**
 * Full-text search over messages. Whoever searches in write mode first brings the index forward, a
 * little: at most 2,000 events or 50 ms; `lag` says how much is still missing. So no append pays
 * for it, and a long log is indexed in many short transactions.
 *
 * The index is built from the messages as they are now; events only say which to look at again. A
 * message that streamed in a thousand pieces is indexed once a call, not a thousand times. Of an
 * event that can no longer be read at least the thread is known: all its messages are looked at.
 */
import {
  isStoreError,
  type ModuleStore,
  type ReadTransaction,
  type WriteTransaction,
} from '../../index.ts'
import type { ThreadsEventData, ThreadsEventType } from './event-data.ts'
import { isMessageType, readSearchPage } from './search-pages.ts'
import { excerptOf, indexedText, matchOf, wordsOf } from './search-words.ts'
import { limitOf } from './windows.ts'

const MAX_EVENTS = 2_000
const MAX_MS = 50

const STATE = /* sql */ `SELECT log_id AS logId, sequence FROM threads_search_state`
const SET_STATE = /* sql */ `
  INSERT INTO threads_search_state (slot, log_id, sequence) VALUES (1, :logId, :sequence)
  ON CONFLICT (slot) DO UPDATE SET log_id = excluded.log_id, sequence = excluded.sequence`
const CLEAR = [
  /* sql */ `DELETE FROM threads_search_document`,
  /* sql */ `DELETE FROM threads_search`,
]
const TEXT = /* sql */ `
  SELECT thread_id AS threadId, text FROM threads_message WHERE id = ?`
const DOCUMENT = /* sql */ `SELECT id FROM threads_search_document WHERE message_id = ?`
const ADD_DOCUMENT = /* sql */ `
  INSERT INTO threads_search_document (message_id, thread_id) VALUES (?, ?)`
const MOVE_DOCUMENT = /* sql */ `
  UPDATE threads_search_document SET thread_id = :threadId
  WHERE id = :id AND thread_id <> :threadId`
const DROP_DOCUMENT = /* sql */ `DELETE FROM threads_search_document WHERE id = ?`
const LOST = /* sql */ `
  SELECT id FROM threads_search_document AS document WHERE thread_id = ? AND NOT EXISTS (
    SELECT 1 FROM threads_message WHERE threads_message.id = document.message_id)`
const ADD_TEXT = /* sql */ `INSERT INTO threads_search (rowid, text) VALUES (?, ?)`
const DROP_TEXT = /* sql */ `DELETE FROM threads_search WHERE rowid = ?`
const OF_THREAD = /* sql */ `SELECT id FROM threads_message WHERE thread_id = ?`
const BEHIND = /* sql */ `SELECT ifnull(max(sequence), 0) AS sequence FROM threads_search_state`

// Only hits whose message is still there, for the index may be behind, and whose thread is.
const SEARCH = /* sql */ `
  SELECT threads_message.id AS messageId, threads_message.thread_id AS threadId, role,
    threads_message.text AS text,
    position, threads_message.updated_at_ms AS updatedAtMs
  FROM threads_search
  JOIN threads_search_document AS document ON document.id = threads_search.rowid
  JOIN threads_message ON threads_message.id = document.message_id
  JOIN threads_thread ON threads_thread.id = threads_message.thread_id
  WHERE threads_search MATCH :query AND (:threadId IS NULL OR document.thread_id = :threadId)
  ORDER BY threads_search.rank LIMIT :limit`

/** Options of a search. */
export interface SearchOptions {
  /** Only in this thread. */
  readonly threadId?: string
  /** Default 50, at most 1,000. */
  readonly limit?: number
}

/** A message that has the words. */
export interface SearchHit {
  readonly messageId: string
  readonly threadId: string
  readonly role: string
  /** Place in its thread, as `messages({ after })` takes it. */
  readonly position: number
  readonly updatedAtMs: number
  /** The part of the text around the first word. */
  readonly excerpt: string
}

/** What a search gives. */
export interface SearchResult {
  /** Best first. */
  readonly hits: readonly SearchHit[]
  /** How many of the log's newest events the index has not seen; 0 when it is complete. */
  readonly lag: number
}

/** Finds messages with all of the words; a last word counts as the beginning of one. */
export function searchMessages(
  store: ModuleStore,
  query: string,
  options: SearchOptions = {},
): SearchResult {
  advance(store)
  const words = wordsOf(query)
  return store.read((tx) => {
    const indexed = tx.get<{ sequence: number }>(BEHIND)?.sequence ?? 0
    const lag = Math.max(0, store.log.head() - indexed)
    if (words.length === 0) return { hits: [], lag }
    const rows = tx.all<Omit<SearchHit, 'excerpt'> & { text: string }>(SEARCH, {
      query: matchOf(words),
      threadId: options.threadId ?? null,
      limit: limitOf(options.limit),
    })
    const hits = rows.map(({ text, ...hit }) => ({ ...hit, excerpt: excerptOf(text, words) }))
    return { hits, lag }
  })
}

// In read mode, and while another process keeps the lock, the index stays where it is, and `lag`
// says so.
const STAYS_BEHIND: ReadonlySet<string> = new Set(['READ_ONLY', 'BUSY'])

function advance(store: ModuleStore): void {
  if (!isBehind(store)) return
  try {
    store.write((tx) => advanceSlice(store, tx))
  } catch (error) {
    if (!isStoreError(error) || !STAYS_BEHIND.has(error.code)) throw error
  }
}

function isBehind(store: ModuleStore): boolean {
  const head = store.log.head()
  return store.read((tx) => tx.get<{ sequence: number }>(BEHIND)?.sequence ?? 0) !== head
}

function advanceSlice(store: ModuleStore, tx: WriteTransaction): void {
  const { id: logId } = store.log
  const head = store.log.head()
  const state = tx.get<{ logId: string; sequence: number }>(STATE)
  // A log that was replaced has other messages under the same sequences.
  if (state && state.logId !== logId) for (const sql of CLEAR) tx.runLocal(sql)
  let after = state?.logId === logId ? state.sequence : 0
  const deadline = store.clock() + MAX_MS
  for (let left = MAX_EVENTS; left > 0 && after < head; ) {
    const page = readSearchPage(store, after)
    const messages = new Set<string>()
    const losses = new Set<string>()
    for (const { type, data } of page.events) {
      if (isMessageType(type)) messages.add(idOf(data))
      else losses.add(threadIdOf(type as ThreadsEventType, data))
    }
    for (const threadId of page.unreadIn) {
      for (const { id } of tx.all<{ id: string }>(OF_THREAD, [threadId])) messages.add(id)
      losses.add(threadId)
    }
    for (const id of messages) indexMessage(tx, id)
    for (const id of losses) dropLost(tx, id)
    after = page.through ?? head
    left -= page.asked
    if (store.clock() >= deadline) break
  }
  tx.runLocal(SET_STATE, { logId, sequence: after })
}

function indexMessage(tx: WriteTransaction, id: string): void {
  const message = tx.get<{ threadId: string; text: string }>(TEXT, [id])
  const document = tx.get<{ id: number }>(DOCUMENT, [id])
  if (!message) {
    if (document) drop(tx, document.id)
    return
  }
  if (document) {
    tx.runLocal(DROP_TEXT, [document.id])
    // The id of a message that is gone may have been given again, in another thread.
    tx.runLocal(MOVE_DOCUMENT, { id: document.id, threadId: message.threadId })
  } else tx.runLocal(ADD_DOCUMENT, [id, message.threadId])
  const rowid = document?.id ?? documentOf(tx, id)
  tx.runLocal(ADD_TEXT, [rowid, indexedText(message.text)])
}

function documentOf(tx: ReadTransaction, messageId: string): number {
  return tx.get<{ id: number }>(DOCUMENT, [messageId])?.id ?? 0
}

function dropLost(tx: WriteTransaction, threadId: string): void {
  for (const { id } of tx.all<{ id: number }>(LOST, [threadId])) drop(tx, id)
}

function drop(tx: WriteTransaction, id: number): void {
  tx.runLocal(DROP_TEXT, [id])
  tx.runLocal(DROP_DOCUMENT, [id])
}

const idOf = (data: unknown): string => (data as { readonly id: string }).id

function threadIdOf(type: ThreadsEventType, data: unknown): string {
  if (type !== 'threads.checkpoint.restored') return idOf(data)
  return (data as ThreadsEventData[typeof type]).threadId
}
