/**
 * The tables of the farm.
 *
 * Ports are unique only above 0: agents in terminals without a port all have 0. No column limits
 * statuses and types to a list; the vocabulary does (`vocabulary.ts`).
 */
import type { Migration } from '../../index.ts'

const RUNNING = /* sql */ `
  workspace     TEXT NOT NULL,
  id            TEXT NOT NULL,
  pid           INTEGER,
  process       TEXT NOT NULL,
  port          INTEGER NOT NULL,
  terminal      TEXT,
  started_at_ms INTEGER NOT NULL,`

const TABLES = /* sql */ `
CREATE TABLE farm_architects (${RUNNING}
  cmd        TEXT NOT NULL,
  session_id TEXT,
  PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX farm_architects_port ON farm_architects (workspace, port) WHERE port > 0;

CREATE TABLE farm_builders (${RUNNING}
  name          TEXT NOT NULL,
  status        TEXT NOT NULL,
  phase         TEXT NOT NULL,
  worktree      TEXT NOT NULL,
  branch        TEXT NOT NULL,
  type          TEXT NOT NULL,
  task_text     TEXT,
  protocol_name TEXT,
  issue         TEXT,
  spawned_by    TEXT,
  state         TEXT NOT NULL,
  expires_at_ms INTEGER,
  note          TEXT,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX farm_builders_port ON farm_builders (workspace, port) WHERE port > 0;
CREATE INDEX farm_builders_by_status ON farm_builders (workspace, status);

CREATE TABLE farm_utils (${RUNNING}
  name TEXT NOT NULL,
  PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX farm_utils_port ON farm_utils (workspace, port) WHERE port > 0;

CREATE TABLE farm_annotations (${RUNNING}
  file        TEXT NOT NULL,
  parent_type TEXT NOT NULL,
  parent_id   TEXT,
  PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX farm_annotations_port ON farm_annotations (workspace, port) WHERE port > 0;

CREATE TABLE farm_messages (
  workspace     TEXT NOT NULL,
  id            TEXT NOT NULL,
  recipient     TEXT NOT NULL,
  sender        TEXT,
  body          TEXT NOT NULL,
  state         TEXT NOT NULL,
  reason        TEXT,
  not_before_ms INTEGER,
  supersede_key TEXT,
  is_escalated  INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  settled_at_ms INTEGER,
  place         INTEGER NOT NULL,
  PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX farm_messages_held ON farm_messages (workspace, recipient, place)
  WHERE state = 'held';
CREATE INDEX farm_messages_settled ON farm_messages (settled_at_ms) WHERE state <> 'held';

CREATE TABLE farm_blocks (
  workspace        TEXT PRIMARY KEY,
  base             INTEGER NOT NULL,
  pid              INTEGER,
  registered_at_ms INTEGER,
  last_used_at_ms  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE farm_legacy (
  source TEXT NOT NULL,
  id     TEXT NOT NULL,
  row    TEXT NOT NULL,
  PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;
`

/** The migrations of the farm, oldest first. */
export const MIGRATIONS: readonly Migration[] = [{ id: '0001-initial', sql: TABLES }]
