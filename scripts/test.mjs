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
import { join, relative, sep } from 'node:path'
import { PrepareError, prepare, ROOT } from './prepare.mjs'

const MINUTE_MS = 60_000
/**
 * A step that takes this long hangs; killing it names it. Each test has a limit of its own, so this is
 * many times what the longest step takes on a slow machine.
 */
const STEP_LIMIT_MS = { short: 40 * MINUTE_MS, long: 720 * MINUTE_MS }

const isLong = process.argv.includes('--all')
const limitMs = isLong ? STEP_LIMIT_MS.long : STEP_LIMIT_MS.short
// Read by test/support/soak.ts.
if (isLong) process.env.SOAK = '1'

const COLORS = process.stdout.isTTY ? [] : ['--colors=off']

const check = (name, bin, ...args) => ({ name, run: () => runCheck(bin, args) })
/** The kinds of tests, in the order of vitest.config.ts. */
const SUITES = ['unit', 'architecture', 'docs', 'drivers', 'processes', 'crash', 'model', 'upgrade']

const STEPS = [
  { name: 'prepare', run: runPrepare, isNeededByAll: true },
  // Without this Biome colours every letter for itself in a log that is no terminal.
  check('format and lint', '@biomejs/biome/bin/biome', 'ci', ...COLORS, '.'),
  check('types', 'typescript/bin/tsc', '-p', 'tsconfig.json'),
  check('unused code', 'knip/bin/knip.js', '--no-progress'),
  { name: 'suites', run: runSuites },
  ...(isLong ? [{ name: 'runtimes', run: () => runScript('scripts/test-runtimes.mjs') }] : []),
]

process.exitCode = main()

function main() {
  const results = []
  for (const step of STEPS) {
    process.stdout.write(`\n── ${step.name}\n`)
    const startedAtMs = performance.now()
    const outcome = step.run()
    const tookMs = performance.now() - startedAtMs
    const parts = Array.isArray(outcome) ? outcome : [{ name: step.name, tookMs, ...outcome }]
    results.push(...parts)
    process.stdout.write(`${parts.map(lineOf).join('\n')}\n`)
    if (step.isNeededByAll && parts.some(({ failed }) => failed > 0)) break
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

// All of them in one run: one after the other, each would leave cores idle while its last file ends.
// People read vitest's own output; the counts come from its JSON, whatever a version prints.
function runSuites() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const report = join(folder, 'report.json')
  try {
    const { status, reason } = node([
      'node_modules/vitest/vitest.mjs',
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ])
    const files = filesOf(report)
    const results = SUITES.map((name) => {
      const own = files.filter((file) => suiteOf(file) === name)
      return resultOf(name, own, reason)
    })
    if (status === 0 || results.some(({ failed }) => failed > 0)) return results
    // An unhandled error fails the run without a failed test.
    return [...results, { name: 'suites', passed: 0, failed: 1, skipped: 0, reason, tookMs: 0 }]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function filesOf(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).testResults
  } catch {
    // No report was written: vitest found no file or died. Each suite counts as failed without one.
    return []
  }
}

function suiteOf({ name }) {
  const [top, kind] = relative(ROOT, name).split(sep)
  return top === 'src' ? 'unit' : kind
}

/** The counts of one suite, and the time from its first test to its last: another may run meanwhile. */
function resultOf(name, files, reason) {
  const tests = files.flatMap(({ assertionResults }) => assertionResults)
  const count = (...statuses) => tests.filter(({ status }) => statuses.includes(status)).length
  const broken = files.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
  const passed = count('passed')
  const failed = count('failed') + broken
  const isEmpty = passed + failed === 0
  return {
    ...{
      name,
      passed,
      failed: isEmpty ? 1 : failed,
      skipped: tests.length - count('passed', 'failed'),
    },
    ...{ reason: isEmpty ? (reason ?? 'no test ran') : undefined },
    tookMs: isEmpty
      ? 0
      : Math.max(...files.map(({ endTime }) => endTime)) -
        Math.min(...files.map(({ startTime }) => startTime)),
  }
}

function node(args) {
  const options = { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], timeout: limitMs }
  const { status, signal, error } = spawnSync(process.execPath, args, options)
  if (error?.code === 'ETIMEDOUT')
    return { status, reason: `killed after ${limitMs / MINUTE_MS} min` }
  return { status, reason: signal ? `ended by ${signal}` : undefined }
}
