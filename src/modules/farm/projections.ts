/** How the farm's tables follow from its events: every event is a whole row, or takes one away. */
import type { Projectors } from '../../index.ts'
import type { EVENTS } from './events.ts'

// Not INSERT OR REPLACE: that would take away another row with the same port.
const SAVE_ARCHITECT = /* sql */ `
  INSERT INTO farm_architects
    (workspace, id, pid, process, port, terminal, started_at_ms, cmd, session_id)
  VALUES (:workspace, :id, :pid, :process, :port, :terminal, :startedAtMs, :cmd, :sessionId)
  ON CONFLICT (workspace, id) DO UPDATE SET
    pid = excluded.pid, process = excluded.process, port = excluded.port,
    terminal = excluded.terminal, started_at_ms = excluded.started_at_ms, cmd = excluded.cmd,
    session_id = excluded.session_id`
const SAVE_BUILDER = /* sql */ `
  INSERT INTO farm_builders
    (workspace, id, pid, process, port, terminal, started_at_ms, name, status, phase, worktree,
     branch, type, task_text, protocol_name, issue, spawned_by, state, expires_at_ms, note,
     updated_at_ms)
  VALUES (:workspace, :id, :pid, :process, :port, :terminal, :startedAtMs, :name, :status, :phase,
     :worktree, :branch, :type, :taskText, :protocolName, :issue, :spawnedBy, :state, :expiresAtMs,
     :note, :updatedAtMs)
  ON CONFLICT (workspace, id) DO UPDATE SET
    pid = excluded.pid, process = excluded.process, port = excluded.port,
    terminal = excluded.terminal, started_at_ms = excluded.started_at_ms, name = excluded.name,
    status = excluded.status, phase = excluded.phase, worktree = excluded.worktree,
    branch = excluded.branch, type = excluded.type, task_text = excluded.task_text,
    protocol_name = excluded.protocol_name, issue = excluded.issue,
    spawned_by = excluded.spawned_by, state = excluded.state,
    expires_at_ms = excluded.expires_at_ms, note = excluded.note,
    updated_at_ms = excluded.updated_at_ms`
const SAVE_UTIL = /* sql */ `
  INSERT INTO farm_utils (workspace, id, pid, process, port, terminal, started_at_ms, name)
  VALUES (:workspace, :id, :pid, :process, :port, :terminal, :startedAtMs, :name)
  ON CONFLICT (workspace, id) DO UPDATE SET
    pid = excluded.pid, process = excluded.process, port = excluded.port,
    terminal = excluded.terminal, started_at_ms = excluded.started_at_ms, name = excluded.name`
const SAVE_ANNOTATION = /* sql */ `
  INSERT INTO farm_annotations
    (workspace, id, pid, process, port, terminal, started_at_ms, file, parent_type, parent_id)
  VALUES (:workspace, :id, :pid, :process, :port, :terminal, :startedAtMs, :file, :parentType,
     :parentId)
  ON CONFLICT (workspace, id) DO UPDATE SET
    pid = excluded.pid, process = excluded.process, port = excluded.port,
    terminal = excluded.terminal, started_at_ms = excluded.started_at_ms, file = excluded.file,
    parent_type = excluded.parent_type, parent_id = excluded.parent_id`
const SAVE_MESSAGE = /* sql */ `
  INSERT INTO farm_messages
    (workspace, id, recipient, sender, body, state, reason, not_before_ms, supersede_key,
     is_escalated, created_at_ms, settled_at_ms, place)
  VALUES (:workspace, :id, :to, :from, :body, :state, :reason, :notBeforeMs, :supersedeKey,
     :isEscalated, :createdAtMs, :settledAtMs, :place)
  ON CONFLICT (workspace, id) DO UPDATE SET
    recipient = excluded.recipient, sender = excluded.sender, body = excluded.body,
    state = excluded.state, reason = excluded.reason, not_before_ms = excluded.not_before_ms,
    supersede_key = excluded.supersede_key, is_escalated = excluded.is_escalated,
    created_at_ms = excluded.created_at_ms, settled_at_ms = excluded.settled_at_ms`
const SAVE_BLOCK = /* sql */ `
  INSERT OR REPLACE INTO farm_blocks (workspace, base, pid, registered_at_ms, last_used_at_ms)
  VALUES (:workspace, :base, :pid, :registeredAtMs, :lastUsedAtMs)`
const GONE_BLOCK = /* sql */ `DELETE FROM farm_blocks WHERE workspace = :workspace`
const SAVE_LEGACY = /* sql */ `
  INSERT OR REPLACE INTO farm_legacy (source, id, row) VALUES (:source, :id, :row)`

const GONE_ARCHITECT = /* sql */ `
  DELETE FROM farm_architects WHERE workspace = :workspace AND id = :id`
const GONE_BUILDER = /* sql */ `
  DELETE FROM farm_builders WHERE workspace = :workspace AND id = :id`
const GONE_UTIL = /* sql */ `DELETE FROM farm_utils WHERE workspace = :workspace AND id = :id`
const GONE_ANNOTATION = /* sql */ `
  DELETE FROM farm_annotations WHERE workspace = :workspace AND id = :id`
const GONE_MESSAGE = /* sql */ `
  DELETE FROM farm_messages WHERE workspace = :workspace AND id = :id`

/** One projector a type. */
export const PROJECTORS: Projectors<typeof EVENTS> = {
  'farm.architect.saved': (tx, { data }) => void tx.run(SAVE_ARCHITECT, { ...data }),
  'farm.architect.removed': (tx, { data }) => void tx.run(GONE_ARCHITECT, { ...data }),
  'farm.builder.saved': (tx, { data }) => void tx.run(SAVE_BUILDER, { ...data }),
  'farm.builder.removed': (tx, { data }) => void tx.run(GONE_BUILDER, { ...data }),
  'farm.util.saved': (tx, { data }) => void tx.run(SAVE_UTIL, { ...data }),
  'farm.util.removed': (tx, { data }) => void tx.run(GONE_UTIL, { ...data }),
  'farm.annotation.saved': (tx, { data }) => void tx.run(SAVE_ANNOTATION, { ...data }),
  'farm.annotation.removed': (tx, { data }) => void tx.run(GONE_ANNOTATION, { ...data }),
  'farm.message.saved': (tx, { data }) =>
    void tx.run(SAVE_MESSAGE, { ...data, isEscalated: data.isEscalated ? 1 : 0 }),
  'farm.message.removed': (tx, { data }) => void tx.run(GONE_MESSAGE, { ...data }),
  'farm.block.noted': (tx, { data }) => void tx.run(SAVE_BLOCK, { ...data }),
  'farm.block.adopted': (tx, { data }) => void tx.run(GONE_BLOCK, { ...data }),
  'farm.legacy.noted': (tx, { data: { source, id, row } }) =>
    void tx.run(SAVE_LEGACY, { source, id, row: JSON.stringify(row) }),
}
