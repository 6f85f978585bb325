/**
 * `npm run test:runtimes`: the driver case table in every runtime that Holdfast supports.
 *
 * The runtimes are npm packages of fixed versions, kept in `.cache/runtimes/`; this Node runs
 * better-sqlite3, each other runtime its own SQLite. Anything a runtime writes to stderr
 * counts as a failure: that is how a warning of node:sqlite would show.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const CACHE = join(ROOT, '.cache/runtimes')
const BUILD = join(CACHE, 'build')
const INSTALL_LIMIT_MS = 5 * 60_000
const RUN_LIMIT_MS = 2 * 60_000

// The packages that hold a binary for one platform each. Their front packages would pick it
// by an install script, which npm may be told not to run, and hold one version at a time.
const node = (version) => `npm:node-${process.platform}-${process.arch}@${version}`
const bunArch = process.arch === 'arm64' ? 'aarch64' : process.arch
const PACKAGES = {
  node22: node('22.23.3'),
  node24: node('24.21.0'),
  bun: `npm:@oven/bun-${process.platform}-${bunArch}@1.4.5`,
}

const RUNS = [
  { runtime: `Node ${process.versions.node}`, bin: process.execPath, driver: 'better-sqlite3' },
  { runtime: 'Node 22.23.3', bin: installed('node22', 'node'), driver: 'node:sqlite' },
  { runtime: 'Node 24.21.0', bin: installed('node24', 'node'), driver: 'node:sqlite' },
  { runtime: 'Bun 1.4.5', bin: installed('bun', 'bun'), driver: 'bun:sqlite' },
]

process.exitCode = main()

function main() {
  install()
  compile()
  const results = RUNS.map((run) => ({ ...run, ...runCases(run) }))
  console.log(table(results))
  for (const { runtime, driver, failed } of results) {
    for (const { name, reason } of failed) {
      console.log(`\nFAILED on ${runtime}, ${driver}: ${name}\n${reason}`)
    }
  }
  for (const { runtime, driver, skipped } of results) {
    for (const { name, reason } of skipped) {
      console.log(`\nskipped on ${runtime}, ${driver}: ${name}\n  because ${reason}`)
    }
  }
  return results.some(({ failed }) => failed.length > 0) ? 1 : 0
}

function install() {
  const wanted = `${JSON.stringify({ private: true, type: 'module', dependencies: PACKAGES }, null, 2)}\n`
  const manifest = join(CACHE, 'package.json')
  const isDone = existsSync(manifest) && readFileSync(manifest, 'utf8') === wanted
  if (isDone && RUNS.every(({ bin }) => existsSync(bin))) return
  mkdirSync(CACHE, { recursive: true })
  writeFileSync(manifest, wanted)
  console.log('installing the runtimes into .cache/runtimes')
  must('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], CACHE, INSTALL_LIMIT_MS)
}

function compile() {
  // Emptied, so that a file that is gone from the sources cannot be run from here.
  rmSync(BUILD, { recursive: true, force: true })
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  must(process.execPath, [tsc, '-p', 'tsconfig.runtimes.json'], ROOT, RUN_LIMIT_MS)
}

function runCases({ bin, driver }) {
  const script = join(ROOT, 'scripts/run-driver-cases.mjs')
  const child = spawnSync(bin, [script, BUILD, driver], {
    encoding: 'utf8',
    timeout: RUN_LIMIT_MS,
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const crash = (reason) => ({
    passed: 0,
    skipped: [],
    failed: [{ name: 'the run itself', reason }],
  })
  if (child.error) return crash(String(child.error))
  if (child.status !== 0) return crash(`exit ${child.status ?? child.signal}\n${child.stderr}`)
  const outcome = JSON.parse(child.stdout)
  if (child.stderr !== '') outcome.failed.push({ name: 'stderr is silent', reason: child.stderr })
  if (outcome.chosenByDefault !== driver) {
    const reason = `${outcome.chosenByDefault} was chosen`
    outcome.failed.push({ name: 'the driver is the default of this runtime', reason })
  }
  return outcome
}

function must(command, args, cwd, timeout) {
  const { status, error } = spawnSync(command, args, { cwd, timeout, stdio: 'inherit' })
  if (status === 0) return
  throw new Error(`${command} ${args.join(' ')} failed: ${error ?? `exit ${status}`}`)
}

function installed(name, bin) {
  return join(CACHE, 'node_modules', name, 'bin', bin)
}

function table(results) {
  const rows = [
    ['runtime', 'driver', 'SQLite', 'passed', 'failed', 'skipped'],
    ...results.map(({ runtime, driver, sqliteVersion = '-', passed, failed, skipped }) => [
      runtime,
      driver,
      sqliteVersion,
      String(passed),
      String(failed.length),
      String(skipped.length),
    ]),
  ]
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const line = (row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}
