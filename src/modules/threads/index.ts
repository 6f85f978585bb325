/** `holdfast/threads`: conversations with coding agents, event-sourced. */
import { defineModule, type Module } from '../../index.ts'
import { EVENTS } from './events.ts'
import { IMPORTERS } from './import.ts'
import { LOCAL_TABLES, MIGRATIONS } from './migrations.ts'
import { PROJECTIONS } from './projections.ts'
import { leavingFindings } from './sweep.ts'
import { Threads } from './threads.ts'
import { findingsOf } from './unfinished-imports.ts'

/**
 * The module; open a store with it.
 *
 * @example
 * ```ts
 * import { openStore } from 'holdfast'
 * import { threads } from 'holdfast/threads'
 * const store = openStore('state.db', { threads })
 * const projectId = store.threads.execute({ type: 'project.create', name: 'Shop', path: '/shop' }).id
 * store.threads.execute({ type: 'thread.create', projectId, provider: 'claude', model: 'best' })
 * console.log(store.threads.list({ projectId }).items.length)
 * store.close()
 * ```
 */
export const threads: Module<Threads> = defineModule({
  name: 'threads',
  version: 1,
  events: EVENTS,
  migrations: MIGRATIONS,
  project: PROJECTIONS,
  local: LOCAL_TABLES,
  importers: IMPORTERS,
  api: (store) => new Threads(store),
  examine: (api) => [
    ...findingsOf(api.unfinishedImports()),
    ...leavingFindings(api.unfinishedDeletions(), () => api.finishDeletions()),
  ],
})

export type { AnswerActivity } from './answer-parts.ts'
export type { AnswerStream, AnswerStreamOptions } from './answer-stream.ts'
export type { ExportedThread } from './archive.ts'
export type { Command, CommandOf, ProviderEvent } from './commands.ts'
export type { RefusalReason, Refused } from './decision.ts'
export type { CommandAccepted, CommandOptions, CommandResult } from './dispatch.ts'
export type { Content } from './event-data.ts'
export type { ThreadHistory } from './fold-thread.ts'
export type { ImportedThread, ImportThreadOptions } from './import-archive.ts'
export { THREADS_PRESETS } from './panels.ts'
export { PROFILES } from './profiles.ts'
export type { ThreadDetail, ThreadFilter } from './reading.ts'
export { type RecoveredAnswer, WRITER_ENDED } from './recover-answers.ts'
export type { SearchHit, SearchOptions, SearchResult } from './search.ts'
export type { LeavingThread } from './sweep.ts'
export type { HistoryOptions } from './thread-at.ts'
export type { ThreadFollowOptions, Threads } from './threads.ts'
export type * from './types.ts'
export type { DiscardOptions, ThreadImport } from './unfinished-imports.ts'
export type { Window } from './windows.ts'
