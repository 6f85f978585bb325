/**
 * `npm test`: everything that must hold before a change is kept, in the order in which it
 * fails fastest. `npm run test:all` is the same with long counts, and on every runtime.
 *
 * The last line is `<n> passed, <n> failed`, alone, because others read it. A check that is
 * not a test counts as one failure when it fails; a suite without a test counts as failed,
 * since a pattern that matches nothing would otherwise look like success.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PrepareError, prepare, ROOT } from './prepare.mjs'

const MINUTE_MS = 60_000
/**
 * A step that takes this long hangs; killing it names it. Each test has a limit of its own, so this is
 * many times what the longest step takes on a slow machine.
 */
const STEP_LIMIT_MS = { short: 40 * MINUTE_MS, long: 360 * MINUTE_MS }

const isLong = process.argv.includes('--all')
const limitMs = isLong ? STEP_LIMIT_MS.long : STEP_LIMIT_MS.short
// Read by test/support/soak.ts.
if (isLong) process.env.SOAK = '1'

const COLORS = process.stdout.isTTY ? [] : ['--colors=off']

const check = (name, bin, ...args) => ({ name, run: () => runCheck(bin, args) })
const suite = (name) => ({ name, run: () => runSuite(name) })

const STEPS = [
  { name: 'prepare', run: runPrepare, isNeededByAll: true },
  // Without this Biome colours every letter for itself in a log that is no terminal.
  check('format and lint', '@biomejs/biome/bin/biome', 'ci', ...COLORS, '.'),
  check('types', 'typescript/bin/tsc', '-p', 'tsconfig.json'),
  check('unused code', 'knip/bin/knip.js', '--no-progress'),
  suite('unit'),
  suite('architecture'),
  suite('docs'),
  suite('drivers'),
  suite('processes'),
  suite('crash'),
  suite('model'),
  suite('upgrade'),
  ...(isLong ? [{ name: 'runtimes', run: () => runScript('scripts/test-runtimes.mjs') }] : []),
]

process.exitCode = main()

function main() {
  const results = []
  for (const step of STEPS) {
    process.stdout.write(`\n── ${step.name}\n`)
    const startedAtMs = performance.now()
    const result = { name: step.name, ...step.run(), tookMs: performance.now() - startedAtMs }
    results.push(result)
    process.stdout.write(`${lineOf(result)}\n`)
    if (result.failed > 0 && step.isNeededByAll) break
  }
  const total = (field) => results.reduce((sum, result) => sum + result[field], 0)
  process.stdout.write(`\n${results.map(lineOf).join('\n')}\n`)
  process.stdout.write(`${total('passed')} passed, ${total('failed')} failed\n`)
  return total('failed') === 0 && total('passed') > 0 ? 0 : 1
}

function lineOf({ name, passed, failed, skipped, reason, tookMs }) {
  const counts = [
    passed > 0 && `${passed} passed`,
    skipped > 0 && `${skipped} skipped`,
    failed > 0 && `${failed} failed`,
    reason,
  ]
  const seconds = (tookMs / 1000).toFixed(1).padStart(6)
  const mark = failed > 0 ? '✗' : '✓'
  return `${mark} ${name.padEnd(16)} ${seconds} s  ${counts.filter(Boolean).join(', ')}`.trimEnd()
}

function runPrepare() {
  try {
    prepare()
    return { passed: 0, failed: 0, skipped: 0 }
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error
    return { passed: 0, failed: 1, skipped: 0, reason: error.message }
  }
}

function runCheck(bin, args) {
  return runScript(join('node_modules', bin), args)
}

function runScript(path, args = []) {
  const { status, reason } = node([path, ...args])
  return { passed: 0, failed: status === 0 ? 0 : 1, skipped: 0, reason }
}

// People read vitest's own output; the counts come from its JSON, whatever a version prints.
function runSuite(project) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const report = join(folder, 'report.json')
  try {
    const { status, reason } = node([
      'node_modules/vitest/vitest.mjs',
      'run',
      `--project=${project}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ])
    const counts = countsOf(report)
    // An unhandled error or a file that does not load fails the run without a failed test.
    const failed = status === 0 && counts.passed > 0 ? counts.failed : Math.max(1, counts.failed)
    const why = counts.passed + counts.failed === 0 ? 'no test ran' : reason
    return { ...counts, failed, reason: why }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function countsOf(report) {
  try {
    const json = JSON.parse(readFileSync(report, 'utf8'))
    const broken = json.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    ).length
    return {
      passed: json.numPassedTests,
      failed: json.numFailedTests + broken,
      skipped: json.numPendingTests + json.numTodoTests,
    }
  } catch {
    // No report was written: vitest found no file or died. The caller counts that as a failure.
    return { passed: 0, failed: 0, skipped: 0 }
  }
}

function node(args) {
  const options = { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], timeout: limitMs }
  const { status, signal, error } = spawnSync(process.execPath, args, options)
  if (error?.code === 'ETIMEDOUT')
    return { status, reason: `killed after ${limitMs / MINUTE_MS} min` }
  return { status, reason: signal ? `ended by ${signal}` : undefined }
}
