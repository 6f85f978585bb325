/** Folds how far the imports of threads have come. */
import type { Projectors } from '../../index.ts'
import type { ThreadsEvents } from './events.ts'

const SAVE = /* sql */ `
  INSERT INTO threads_import (thread_id, project_id, archive, log_id, events, done, stream, version,
    began_at_ms, updated_at_ms)
  VALUES (:threadId, :projectId, :archive, :logId, :events, :done, :stream, :version, :beganAtMs,
    :nowMs)
  ON CONFLICT (thread_id) DO UPDATE SET project_id = excluded.project_id,
    archive = excluded.archive, log_id = excluded.log_id, events = excluded.events,
    done = excluded.done, stream = excluded.stream, version = excluded.version,
    began_at_ms = excluded.began_at_ms, updated_at_ms = excluded.updated_at_ms`
const DROP = /* sql */ `DELETE FROM threads_import WHERE thread_id = ?`

/** Projectors of imports; in streams of their own, so that none moves the thread's version. */
export const PROJECT_IMPORTS: Projectors<
  Pick<ThreadsEvents, 'threads.import.advanced' | 'threads.import.removed'>
> = {
  'threads.import.advanced': (tx, { data, occurredAtMs }) => {
    tx.run(SAVE, { ...data, nowMs: occurredAtMs })
  },
  'threads.import.removed': (tx, { data }) => {
    tx.run(DROP, [data.threadId])
  },
}
