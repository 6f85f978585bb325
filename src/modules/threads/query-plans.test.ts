import { expect, test } from 'vitest'
import { createTestStore } from '../../testing/index.ts'
import { threads } from './index.ts'

// What is asked for with every command or page, in tables that grow for years: found by an index and
// not by looking at all of a thread.
test.each([
  [
    `SELECT id FROM threads_turn WHERE thread_id = 't' AND status = 'running' ORDER BY number DESC LIMIT 1`,
    'threads_turn_open',
  ],
  [
    `SELECT id FROM threads_turn WHERE thread_id = 't' ORDER BY number DESC LIMIT 1`,
    'threads_turn_by_thread',
  ],
  [
    `SELECT id FROM threads_project WHERE path = '/a' ORDER BY id LIMIT 1`,
    'threads_project_by_path',
  ],
  [
    `SELECT id FROM threads_message WHERE thread_id = 't' AND turn_id = 'u' AND is_streaming = 1`,
    'threads_message_streaming',
  ],
  [
    `SELECT 1 FROM threads_approval WHERE thread_id = 't' AND status = 'pending' AND id <> 'a' LIMIT 1`,
    'threads_approval_pending',
  ],
  [
    `SELECT id FROM threads_message WHERE thread_id = 't' AND position < 9 ORDER BY position DESC LIMIT 5`,
    'threads_message_by_thread',
  ],
  [
    `SELECT id FROM threads_thread WHERE updated_at_ms <= 5 AND (updated_at_ms < 5 OR id > 'a') ORDER BY updated_at_ms DESC, id LIMIT 5`,
    'threads_thread_by_time',
  ],
  [
    `SELECT id FROM threads_thread WHERE project_id = 'p' AND updated_at_ms <= 5 AND (updated_at_ms < 5 OR id > 'a') ORDER BY updated_at_ms DESC, id LIMIT 5`,
    'threads_thread_by_project',
  ],
])('%s', (sql, index) => {
  using opened = createTestStore({ threads })
  const plan = opened.store.sql
    .all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
    .map(({ detail }) => detail)
  expect(plan.join('\n')).toContain(index)
  expect(plan.join('\n')).toContain('SEARCH')
  expect(plan.join('\n')).not.toContain('TEMP B-TREE')
})
