/**
 * The kernel's own tables (docs/design/format.md). They are brought in like any module's, under
 * the name `holdfast`, so that a later kernel can move them with the same checks.
 */
import type { Migration } from './migration.ts'

/** The module that the kernel's tables and its own events belong to. */
export const KERNEL_MODULE = 'holdfast'

/** Raised with a breaking change of the kernel's tables. */
export const KERNEL_VERSION = 1

const TABLES = /* sql */ `
CREATE TABLE store (
  key   TEXT PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;

CREATE TABLE event_types (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE streams (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE,
  head_version  INTEGER NOT NULL,
  head_sequence INTEGER,
  removed_at_ms INTEGER
) STRICT;

CREATE TABLE origins (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE payloads (
  id         INTEGER PRIMARY KEY,
  hash       BLOB NOT NULL UNIQUE,
  size_bytes INTEGER NOT NULL,
  encoding   TEXT NOT NULL,
  body       BLOB NOT NULL
) STRICT;

CREATE TABLE events (
  sequence        INTEGER PRIMARY KEY,
  stream_id       INTEGER NOT NULL,
  version         INTEGER NOT NULL,
  previous        INTEGER,
  type_id         INTEGER NOT NULL,
  schema_version  INTEGER NOT NULL,
  recorded_at_ms  INTEGER NOT NULL,
  occurred_at_ms  INTEGER,
  checksum        INTEGER NOT NULL,
  payload_id      INTEGER,
  origin_id       INTEGER,
  origin_sequence INTEGER,
  metadata        TEXT,
  data            TEXT NOT NULL
) STRICT;
-- Partial, so that it costs an event without a payload nothing.
CREATE INDEX events_by_payload ON events (payload_id) WHERE payload_id IS NOT NULL;

CREATE TABLE prune_ranges (
  id             INTEGER PRIMARY KEY,
  module         TEXT NOT NULL,
  reason         TEXT NOT NULL,
  first_sequence INTEGER NOT NULL,
  last_sequence  INTEGER NOT NULL,
  dropped_count  INTEGER NOT NULL,
  dropped_sum    INTEGER NOT NULL,
  pruned_at_ms   INTEGER NOT NULL
) STRICT;

CREATE TABLE receipts (
  key           TEXT PRIMARY KEY,
  request_hash  TEXT NOT NULL,
  outcome       TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_by_expiry ON receipts (expires_at_ms);

CREATE TABLE checkpoints (
  consumer      TEXT PRIMARY KEY,
  sequence      INTEGER NOT NULL,
  -- Not NULL: events up to here went while the consumer was idle.
  gap_through   INTEGER,
  updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
  sequence  INTEGER NOT NULL,
  module    TEXT NOT NULL,
  stream_id INTEGER NOT NULL,
  error     TEXT NOT NULL,
  at_ms     INTEGER NOT NULL,
  PRIMARY KEY (module, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
  name          TEXT PRIMARY KEY,
  owner         TEXT NOT NULL,
  process       TEXT NOT NULL,
  fencing_token INTEGER NOT NULL,
  ttl_ms        INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE port_blocks (
  base             INTEGER PRIMARY KEY,
  size             INTEGER NOT NULL,
  registry         TEXT NOT NULL,
  key              TEXT NOT NULL,
  state            TEXT NOT NULL,
  process          TEXT NOT NULL,
  fencing_token    INTEGER NOT NULL,
  expires_at_ms    INTEGER,
  registered_at_ms INTEGER NOT NULL,
  last_used_at_ms  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX port_blocks_by_key ON port_blocks (registry, key)
  WHERE state IN ('reserved', 'active');
CREATE INDEX port_blocks_by_expiry ON port_blocks (expires_at_ms)
  WHERE state IN ('reserved', 'occupied');

CREATE TABLE presence (
  name         TEXT PRIMARY KEY,
  kind         TEXT NOT NULL,
  process      TEXT NOT NULL,
  machine      TEXT NOT NULL,
  cpu_percent  REAL,
  memory_bytes INTEGER,
  active_at_ms INTEGER NOT NULL,
  beat_at_ms   INTEGER NOT NULL,
  note         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE live (
  slot   INTEGER PRIMARY KEY,
  tick   INTEGER NOT NULL,
  key    TEXT NOT NULL,
  data   TEXT NOT NULL,
  at_ms  INTEGER NOT NULL
) STRICT;

CREATE TABLE imports (
  id              INTEGER PRIMARY KEY,
  path            TEXT NOT NULL,
  -- 0 for what stood at this path before the file was replaced by another one.
  is_current      INTEGER NOT NULL DEFAULT 1,
  device          TEXT NOT NULL,
  inode           TEXT NOT NULL,
  importer        TEXT NOT NULL,
  format          TEXT NOT NULL,
  target          TEXT NOT NULL,
  first_hash      BLOB,
  byte_offset     INTEGER NOT NULL DEFAULT 0,
  line            INTEGER NOT NULL DEFAULT 1,
  item_offset     INTEGER NOT NULL DEFAULT 0,
  size_bytes      INTEGER NOT NULL DEFAULT 0,
  modified_at_ms  INTEGER NOT NULL DEFAULT 0,
  content_hash    BLOB,
  is_complete     INTEGER NOT NULL DEFAULT 0,
  read_count      INTEGER NOT NULL DEFAULT 0,
  stored_count    INTEGER NOT NULL DEFAULT 0,
  salvaged_count  INTEGER NOT NULL DEFAULT 0,
  duplicate_count INTEGER NOT NULL DEFAULT 0,
  rejected_count  INTEGER NOT NULL DEFAULT 0,
  kept_count      INTEGER NOT NULL DEFAULT 0,
  retired_to      TEXT,
  started_at_ms   INTEGER NOT NULL,
  updated_at_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX imports_by_path ON imports (path);
CREATE UNIQUE INDEX imports_current ON imports (path) WHERE is_current = 1;
CREATE INDEX imports_by_target ON imports (target);

CREATE TABLE import_records (
  id             INTEGER PRIMARY KEY,
  import_id      INTEGER NOT NULL REFERENCES imports (id),
  first_sequence INTEGER,
  last_sequence  INTEGER,
  first_line     INTEGER,
  last_line      INTEGER,
  hashes         BLOB NOT NULL
) STRICT;
CREATE INDEX import_records_by_import ON import_records (import_id);

CREATE TABLE import_rows (
  import_id INTEGER NOT NULL REFERENCES imports (id),
  stream    TEXT NOT NULL,
  hash      BLOB NOT NULL,
  version   INTEGER NOT NULL,
  PRIMARY KEY (import_id, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE rejects (
  id          INTEGER PRIMARY KEY,
  import_id   INTEGER NOT NULL REFERENCES imports (id),
  line        INTEGER,
  end_line    INTEGER,
  byte_offset INTEGER,
  reason      TEXT NOT NULL,
  raw         BLOB NOT NULL,
  at_ms       INTEGER NOT NULL
) STRICT;
CREATE INDEX rejects_by_import ON rejects (import_id);
`

/** The kernel's migrations, oldest first. */
export const KERNEL_MIGRATIONS: readonly Migration[] = [{ id: '0001-initial', sql: TABLES }]

/**
 * The checksums of these texts. Every open asks for them, and to compute one took as long as all that
 * SQLite does there; their test does it instead.
 */
export const KERNEL_CHECKSUMS: ReadonlyMap<string, string> = new Map([
  [TABLES, 'mix:9df91604b82d9f4a'],
])

/** Names that no module may give to a table of its own. */
export const KERNEL_TABLES: ReadonlySet<string> = new Set([
  'modules',
  'migrations',
  ...Array.from(TABLES.matchAll(/CREATE TABLE (\w+)/g), ([, name]) => String(name)),
])
