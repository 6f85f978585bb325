/**
 * The module's tables. All of them are folded from events; times are epoch milliseconds of the fact
 * itself, money is in millionths of a US dollar. Row ids are sequences of the log, so they mean the
 * same after a rebuild.
 */
import type { Migration } from '../../index.ts'

const INITIAL = /* sql */ `
  CREATE TABLE pipeline_run (
    run_id INTEGER PRIMARY KEY,             -- sequence of the first event of the run
    key TEXT NOT NULL,                      -- 'issue:<issue>', 'job:<id>' or 'issue:'
    job_id TEXT,
    issue TEXT,
    repo TEXT,
    branch TEXT,
    template TEXT,
    model TEXT,
    goal TEXT,
    status TEXT NOT NULL CHECK (
      status IN ('running', 'succeeded', 'failed', 'cancelled', 'ended', 'abandoned')),
    result TEXT,                            -- the tool's own word; NULL until it has said one
    known_at_ms INTEGER NOT NULL,           -- of its first event
    begun_at_ms INTEGER NOT NULL,           -- known or concluded
    started_at_ms INTEGER,                  -- NULL where the start was not recorded
    ended_at_ms INTEGER,
    abandoned_at_ms INTEGER,                -- start of the run that it was abandoned for
    duration_ms INTEGER,
    current_stage TEXT,
    failed_stage TEXT,
    error TEXT,
    pr_url TEXT,
    input_tokens INTEGER,
    output_tokens INTEGER,
    estimated_cost_usd_micros INTEGER       -- of the whole run; not part of pipeline_cost
  ) STRICT;
  CREATE INDEX pipeline_run_by_key ON pipeline_run (key, begun_at_ms, known_at_ms);
  CREATE INDEX pipeline_run_by_job ON pipeline_run (job_id) WHERE job_id IS NOT NULL;
  CREATE INDEX pipeline_run_by_begin ON pipeline_run (begun_at_ms);
  CREATE INDEX pipeline_run_by_end ON pipeline_run (ended_at_ms);
  CREATE INDEX pipeline_run_open ON pipeline_run (key) WHERE status = 'running';
  CREATE INDEX pipeline_run_failed
    ON pipeline_run (failed_stage, ended_at_ms) WHERE status = 'failed';

  CREATE TABLE pipeline_stage (
    stage_id INTEGER PRIMARY KEY,           -- sequence of the first event of the attempt
    run_id INTEGER NOT NULL REFERENCES pipeline_run (run_id),
    stage TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'completed', 'failed', 'abandoned')),
    begun_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    duration_ms INTEGER,
    error TEXT
  ) STRICT;
  CREATE INDEX pipeline_stage_by_run ON pipeline_stage (run_id);
  CREATE INDEX pipeline_stage_by_begin ON pipeline_stage (begun_at_ms);

  CREATE TABLE pipeline_step (              -- what was heard of runs, in the order of time
    key TEXT NOT NULL,                      -- of its run
    at_ms INTEGER NOT NULL,
    step_id INTEGER NOT NULL,               -- sequence of its event
    run_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    said TEXT NOT NULL,                     -- JSON: what the event says of the run
    PRIMARY KEY (key, at_ms, step_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pipeline_cost (
    cost_id INTEGER PRIMARY KEY,            -- sequence of the event that said it first
    occurred_at_ms INTEGER NOT NULL,
    day INTEGER NOT NULL,                   -- days since 1970-01-01, UTC
    model TEXT,
    stage TEXT,
    issue TEXT,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost_usd_micros INTEGER NOT NULL,
    is_in_log INTEGER NOT NULL,             -- said by an event cost.record
    is_in_file INTEGER NOT NULL             -- said by an entry of costs.json
  ) STRICT;
  CREATE INDEX pipeline_cost_by_time ON pipeline_cost (occurred_at_ms);
  CREATE INDEX pipeline_cost_by_day ON pipeline_cost (day);
  CREATE INDEX pipeline_cost_by_issue ON pipeline_cost (issue, occurred_at_ms);

  CREATE TABLE pipeline_budget (
    budget_id TEXT PRIMARY KEY,
    daily_usd_micros INTEGER,
    is_enabled INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE pipeline_heartbeat (
    job_id TEXT PRIMARY KEY,
    pid INTEGER,
    issue TEXT,
    stage TEXT,
    iteration INTEGER,
    activity TEXT,
    memory_mb INTEGER,
    cpu_pct REAL,
    machine TEXT,
    updated_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX pipeline_heartbeat_by_time ON pipeline_heartbeat (updated_at_ms);

  CREATE TABLE pipeline_daemon (
    daemon_id TEXT PRIMARY KEY,
    pid INTEGER,
    started_at_ms INTEGER,
    last_poll_at_ms INTEGER,
    poll_interval_s INTEGER,
    max_parallel INTEGER,
    updated_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE pipeline_job (
    daemon_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    issue TEXT,
    job_id TEXT,
    title TEXT,
    goal TEXT,
    stage TEXT,
    pid INTEGER,
    repo TEXT,
    branch TEXT,
    worktree TEXT,
    template TEXT,
    started_at_ms INTEGER,
    PRIMARY KEY (daemon_id, place)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pipeline_queue (
    daemon_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    issue TEXT NOT NULL,
    title TEXT,
    score REAL,
    PRIMARY KEY (daemon_id, place)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pipeline_finished_job (
    finished_id INTEGER PRIMARY KEY,
    issue TEXT,
    job_id TEXT,
    result TEXT,
    exit_code INTEGER,
    duration_ms INTEGER,
    completed_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX pipeline_finished_job_by_time ON pipeline_finished_job (completed_at_ms);

  CREATE TABLE pipeline_memory_failure (
    repo TEXT NOT NULL,                     -- the hash that names its folder; '' for none
    signature TEXT NOT NULL,                -- hash of the pattern
    pattern TEXT NOT NULL,
    stage TEXT,
    category TEXT,
    root_cause TEXT,
    fix TEXT,
    occurrences INTEGER NOT NULL,
    fixes_applied INTEGER NOT NULL,
    fixes_resolved INTEGER NOT NULL,
    effectiveness_pct INTEGER,
    last_seen_at_ms INTEGER NOT NULL,
    PRIMARY KEY (repo, signature)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pipeline_memory_failure_by_count
    ON pipeline_memory_failure (repo, occurrences, last_seen_at_ms);
  CREATE TABLE pipeline_memory_pattern (
    repo TEXT NOT NULL,
    kind TEXT NOT NULL,                     -- 'project', 'conventions', 'known_issues', …
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (repo, kind, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pipeline_memory_metric (
    repo TEXT NOT NULL,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    PRIMARY KEY (repo, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pipeline_memory_decision (
    decision_id INTEGER PRIMARY KEY,
    repo TEXT NOT NULL,
    kind TEXT,
    summary TEXT,
    detail TEXT,
    recorded_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX pipeline_memory_decision_by_repo
    ON pipeline_memory_decision (repo, recorded_at_ms);
  CREATE TABLE pipeline_memory_learning (
    learning_id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                     -- the list in global.json that it stands in
    summary TEXT,
    repo TEXT,
    category TEXT,
    recorded_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX pipeline_memory_learning_by_kind
    ON pipeline_memory_learning (kind, recorded_at_ms)`

/** Oldest first. */
export const PIPELINE_MIGRATIONS: readonly Migration[] = [{ id: '0001-initial', sql: INITIAL }]
