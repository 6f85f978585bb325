/** The tables of threads. Ids are unique over all threads, so that one id finds its row. */
import type { Migration } from '../../index.ts'

const TABLES = /* sql */ `
CREATE TABLE threads_project (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL,
  path          TEXT NOT NULL,
  default_model TEXT,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Not unique: another tool's projects may share a folder, and each keeps its threads. Commands give a
-- path once.
CREATE INDEX threads_project_by_path ON threads_project (path, id);

CREATE TABLE threads_thread (
  id               TEXT PRIMARY KEY,
  project_id       TEXT NOT NULL,
  title            TEXT NOT NULL,
  provider         TEXT NOT NULL,
  model            TEXT NOT NULL,
  runtime_mode     TEXT NOT NULL,
  interaction_mode TEXT NOT NULL,
  status           TEXT NOT NULL,
  error            TEXT,
  branch           TEXT,
  worktree_path    TEXT,
  turn_count       INTEGER NOT NULL,
  message_count    INTEGER NOT NULL,
  forked_from      TEXT,
  created_at_ms    INTEGER NOT NULL,
  updated_at_ms    INTEGER NOT NULL,
  version          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX threads_thread_by_time ON threads_thread (updated_at_ms DESC, id);
CREATE INDEX threads_thread_by_project ON threads_thread (project_id, updated_at_ms DESC, id);

-- The thread shown last; one row or none.
CREATE TABLE threads_selection (
  slot      INTEGER PRIMARY KEY CHECK (slot = 1),
  thread_id TEXT NOT NULL
) STRICT;

CREATE TABLE threads_turn (
  id            TEXT PRIMARY KEY,
  thread_id     TEXT NOT NULL,
  number        INTEGER NOT NULL,
  status        TEXT NOT NULL,
  input         TEXT NOT NULL,
  error         TEXT,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX threads_turn_by_thread ON threads_turn (thread_id, number);
-- What is under way is asked for with every command, and is one row of thousands.
CREATE INDEX threads_turn_open ON threads_turn (thread_id, number) WHERE status = 'running';

CREATE TABLE threads_message (
  id            TEXT PRIMARY KEY,
  thread_id     TEXT NOT NULL,
  turn_id       TEXT,
  turn_number   INTEGER NOT NULL,
  role          TEXT NOT NULL,
  kind          TEXT NOT NULL,
  text          TEXT NOT NULL,
  detail        TEXT,
  is_streaming  INTEGER NOT NULL,
  position      INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX threads_message_by_thread ON threads_message (thread_id, position);
CREATE INDEX threads_message_streaming ON threads_message (thread_id, turn_id)
  WHERE is_streaming = 1;

CREATE TABLE threads_activity (
  id            TEXT PRIMARY KEY,
  thread_id     TEXT NOT NULL,
  turn_id       TEXT,
  turn_number   INTEGER NOT NULL,
  ordinal       INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  tone          TEXT NOT NULL,
  summary       TEXT NOT NULL,
  payload       TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX threads_activity_by_thread ON threads_activity (thread_id, ordinal);

CREATE TABLE threads_session (
  thread_id      TEXT PRIMARY KEY,
  status         TEXT NOT NULL,
  provider       TEXT NOT NULL,
  active_turn_id TEXT,
  last_error     TEXT,
  updated_at_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE threads_approval (
  id              TEXT PRIMARY KEY,
  thread_id       TEXT NOT NULL,
  turn_id         TEXT,
  turn_number     INTEGER NOT NULL,
  kind            TEXT NOT NULL,
  detail          TEXT NOT NULL,
  status          TEXT NOT NULL,
  requested_at_ms INTEGER NOT NULL,
  answered_at_ms  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX threads_approval_by_thread ON threads_approval (thread_id, requested_at_ms, id);
CREATE INDEX threads_approval_pending ON threads_approval (thread_id, requested_at_ms, id)
  WHERE status = 'pending';

CREATE TABLE threads_plan (
  id             TEXT PRIMARY KEY,
  thread_id      TEXT NOT NULL,
  turn_id        TEXT,
  turn_number    INTEGER NOT NULL,
  text           TEXT NOT NULL,
  is_implemented INTEGER NOT NULL,
  created_at_ms  INTEGER NOT NULL,
  updated_at_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX threads_plan_by_thread ON threads_plan (thread_id, created_at_ms, id);

CREATE TABLE threads_checkpoint (
  id            TEXT PRIMARY KEY,
  thread_id     TEXT NOT NULL,
  turn_id       TEXT,
  turn_number   INTEGER NOT NULL,
  git_ref       TEXT NOT NULL,
  status        TEXT NOT NULL,
  files         TEXT NOT NULL,
  additions     INTEGER NOT NULL,
  deletions     INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX threads_checkpoint_by_thread ON threads_checkpoint (thread_id, turn_number, id);

CREATE TABLE threads_branch (
  thread_id     TEXT NOT NULL,
  name          TEXT NOT NULL,
  git_ref       TEXT,
  remote        TEXT,
  created_at_ms INTEGER NOT NULL,
  pushed_at_ms  INTEGER,
  PRIMARY KEY (thread_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE threads_commit (
  thread_id       TEXT NOT NULL,
  git_ref         TEXT NOT NULL,
  message         TEXT NOT NULL,
  committed_at_ms INTEGER NOT NULL,
  PRIMARY KEY (thread_id, git_ref)
) STRICT, WITHOUT ROWID;

CREATE TABLE threads_setting (
  key           TEXT PRIMARY KEY,
  value         TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`

// An index over the messages that whoever searches brings forward; verify does not ask about it.
// Without its own copy of the texts: they stand in threads_message.
const SEARCH = /* sql */ `
CREATE TABLE threads_search_state (
  slot     INTEGER PRIMARY KEY CHECK (slot = 1),
  log_id   TEXT NOT NULL,
  sequence INTEGER NOT NULL
) STRICT;

CREATE TABLE threads_search_document (
  id         INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL UNIQUE,
  thread_id  TEXT NOT NULL
) STRICT;
CREATE INDEX threads_search_document_by_thread ON threads_search_document (thread_id);

CREATE VIRTUAL TABLE threads_search USING fts5 (
  text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
`

// Who writes an answer now. It belongs to one machine and to the moment, so it is no part of the log.
const ANSWERS = /* sql */ `
CREATE TABLE threads_answer (
  id                 TEXT PRIMARY KEY,
  process            TEXT NOT NULL,
  thread_id          TEXT NOT NULL,
  turn_id            TEXT NOT NULL,
  turn_started_at_ms INTEGER NOT NULL,
  growing            TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`

// Threads that an archive has brought, and how far: a part of them, or all.
const IMPORTS = /* sql */ `
CREATE TABLE threads_import (
  thread_id     TEXT PRIMARY KEY,
  project_id    TEXT NOT NULL,
  archive       TEXT NOT NULL,
  log_id        TEXT NOT NULL,
  events        INTEGER NOT NULL,
  done          INTEGER NOT NULL,
  stream        TEXT NOT NULL,
  version       INTEGER NOT NULL,
  began_at_ms   INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`

// Threads that were deleted, and of which messages or activities are left.
const LEAVING = /* sql */ `
CREATE TABLE threads_leaving (
  thread_id     TEXT PRIMARY KEY,
  deleted_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`

/** Tables that are not folded from events. */
export const LOCAL_TABLES: readonly string[] = [
  'threads_answer',
  'threads_search',
  'threads_search_document',
  'threads_search_state',
]

/** The migrations of threads, oldest first. */
export const MIGRATIONS: readonly Migration[] = [
  { id: '0001-initial', sql: TABLES },
  { id: '0002-search', sql: SEARCH },
  { id: '0003-answers', sql: ANSWERS },
  { id: '0004-imports', sql: IMPORTS },
  { id: '0005-leaving', sql: LEAVING },
]
