/** What the figures depend on: durability above all, which is a property of the disk. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { median } from './measure.mjs'

const PROBES = 200

export function environment() {
  const database = new Database(':memory:')
  const { version } = database.prepare('SELECT sqlite_version() AS version').get()
  database.close()
  return {
    node: process.version,
    driver: `better-sqlite3, SQLite ${version}`,
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    load: loadavg().map((load) => Number(load.toFixed(2))),
    fdatasyncUs: fdatasyncProbe(),
    at: new Date().toISOString(),
  }
}

/** Median microseconds of a 4 KB write and fdatasync. */
export function fdatasyncProbe() {
  const directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'holdfast-probe-'))
  const descriptor = openSync(join(directory, 'probe'), 'w')
  const page = Buffer.alloc(4096)
  const times = []
  for (let probe = 0; probe < PROBES; probe++) {
    const startedAt = performance.now()
    writeSync(descriptor, page, 0, page.length, probe * page.length)
    fdatasyncSync(descriptor)
    times.push((performance.now() - startedAt) * 1000)
  }
  closeSync(descriptor)
  rmSync(directory, { recursive: true, force: true })
  return Math.round(median(times))
}
