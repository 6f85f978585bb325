/** The work that every variant does: a job that finished, 270 bytes of JSON, and one row a job. */

/** Entities; the projection has one row for each. */
export const JOBS = 500

export function job(index) {
  return {
    id: `job-${index % JOBS}`,
    stage: 'build',
    status: index % 7 === 0 ? 'failed' : 'ok',
    durationMs: (index * 13) % 5000,
    model: 'opus',
    costUsdMicros: index * 3,
    message: `finished after ${index % 90} steps: ${'lorem ipsum dolor '.repeat(8)}`,
  }
}

export const JOB_TABLE = `
  CREATE TABLE bench_job (
    id TEXT PRIMARY KEY, status TEXT NOT NULL, duration_ms INTEGER NOT NULL, runs INTEGER NOT NULL
  ) STRICT`

export const UPSERT_JOB = `
  INSERT INTO bench_job (id, status, duration_ms, runs) VALUES (:id, :status, :durationMs, 1)
  ON CONFLICT (id) DO UPDATE SET
    status = excluded.status, duration_ms = excluded.duration_ms, runs = runs + 1`
