/** Named questions about threads, for `holdfast query --preset` and the dashboard. */
import type { QueryPreset } from '../../index.ts'

const TIME = (column: string) => /* sql */ `
  strftime('%Y-%m-%dT%H:%M:%SZ', ${column} / 1000.0, 'unixepoch')`

const RECENT = /* sql */ `
  SELECT threads_thread.id, threads_project.name AS project, title, status, provider, model,
    turn_count AS turns, message_count AS messages, ${TIME('threads_thread.updated_at_ms')} AS changed,
    iif(threads_import.thread_id IS NULL, '', 'half imported') AS note
  FROM threads_thread LEFT JOIN threads_project ON threads_project.id = threads_thread.project_id
    LEFT JOIN threads_import ON threads_import.thread_id = threads_thread.id AND done < events
  ORDER BY threads_thread.updated_at_ms DESC, threads_thread.id`
const WAITING = /* sql */ `
  SELECT threads_approval.id, title, kind, ${TIME('requested_at_ms')} AS requested
  FROM threads_approval JOIN threads_thread ON threads_thread.id = thread_id
  WHERE threads_approval.status = 'pending' ORDER BY requested_at_ms, threads_approval.id`
const TURNS = /* sql */ `
  SELECT threads_turn.status, provider, count(*) AS turns,
    CAST(avg(ended_at_ms - started_at_ms) AS INTEGER) AS average_ms,
    max(ended_at_ms - started_at_ms) AS longest_ms
  FROM threads_turn JOIN threads_thread ON threads_thread.id = thread_id
  GROUP BY threads_turn.status, provider ORDER BY turns DESC`
const LARGEST = /* sql */ `
  SELECT title, threads_thread.id, count(*) AS messages, sum(length(text)) AS characters
  FROM threads_message JOIN threads_thread ON threads_thread.id = thread_id
  GROUP BY thread_id ORDER BY characters DESC`

const UNFINISHED = /* sql */ `
  SELECT thread_id, threads_project.name AS project, done, events, ${TIME('began_at_ms')} AS began,
    ${TIME('threads_import.updated_at_ms')} AS went_on
  FROM threads_import LEFT JOIN threads_project ON threads_project.id = project_id
  WHERE done < events ORDER BY began_at_ms, thread_id`

const LEAVING = /* sql */ `
  SELECT thread_id, ${TIME('deleted_at_ms')} AS deleted FROM threads_leaving
  ORDER BY deleted_at_ms, thread_id`

/** The module's presets. */
export const THREADS_PRESETS: readonly QueryPreset[] = [
  { name: 'threads', summary: 'threads, the last changed first', sql: RECENT },
  { name: 'waiting-approvals', summary: 'what waits for a yes, longest first', sql: WAITING },
  { name: 'turn-durations', summary: 'turns by how they ended, and how long', sql: TURNS },
  {
    ...{ name: 'unfinished-imports', summary: 'threads that are half imported', isFault: true },
    sql: UNFINISHED,
  },
  {
    ...{ name: 'unfinished-deletions', summary: 'deleted threads that have rows left' },
    ...{ isFault: true, sql: LEAVING },
  },
  { name: 'largest-threads', summary: 'threads with the most text', sql: LARGEST },
]
