/**
 * Runs the driver case table in whatever runtime executes this file, and prints one JSON
 * object with the outcome. `scripts/test-runtimes.mjs` starts it in each runtime.
 *
 * Usage: <runtime> run-driver-cases.mjs <folder of the compiled cases> <driver>
 */
import * as crypto from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as zlib from 'node:zlib'

const [, , build, driver] = process.argv
const load = (path) => import(pathToFileURL(join(build, path)).href)
const { CASES, skipReason } = await load('test/drivers/cases.js')
const { chooseDriver } = await load('src/kernel/driver/choose.js')

const emitWarning = process.emitWarning
const factory = chooseDriver({ driver })
const outcome = {
  sqliteVersion: factory.sqliteVersion,
  chosenByDefault: chooseDriver({ environment: {} }).name,
  passed: 0,
  skipped: [],
  failed: [],
}

check('loading the driver puts process.emitWarning back', () => process.emitWarning === emitWarning)
check('zlib.crc32 is there', () => zlib.crc32('123456789') === 0xcbf43926)
check('crypto.hash is there', () => crypto.hash('sha256', '').startsWith('e3b0c44298fc1c14'))
check('Atomics.wait waits on the main thread', () => {
  const startedAtMs = performance.now()
  const reason = Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  return reason === 'timed-out' && performance.now() - startedAtMs >= 15
})

for (const { name, run } of CASES) {
  const reason = skipReason(factory.name, name)
  if (reason !== undefined) {
    outcome.skipped.push({ name, reason })
    continue
  }
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-driver-'))
  try {
    run(factory, dir)
    outcome.passed += 1
  } catch (error) {
    outcome.failed.push({ name, reason: error?.stack ?? String(error) })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

console.log(JSON.stringify(outcome))

function check(name, holds) {
  try {
    if (holds()) outcome.passed += 1
    else outcome.failed.push({ name, reason: 'it does not hold' })
  } catch (error) {
    outcome.failed.push({ name, reason: error?.stack ?? String(error) })
  }
}
