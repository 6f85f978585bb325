/**
 * `npm run test:mutants [-- <id…>]`: breaks the code on purpose, one line of
 * `test/mutants.md` at a time, and expects the named tests to go red.
 *
 * All happens in a copy of the working tree. Every named test must be green there first:
 * a test that is red anyway would catch any mutant. A mutant counts as caught only when a
 * test failed or hung; one that merely keeps a file from loading proves nothing.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseMutants } from './mutant-table.mjs'
import { PrepareError, prepare, ROOT } from './prepare.mjs'

const NOT_COPIED = ['node_modules', '.git', '.holdfast', '.cache', 'coverage', 'bench']
/** A mutant often turns a wait into an endless one; then the limit is what catches it. */
const RUN_LIMIT_MS = 5 * 60_000

process.exitCode = main(process.argv.slice(2))

function main(wanted) {
  const all = parseMutants(readFileSync(join(ROOT, 'test/mutants.md'), 'utf8'))
  const mutants = all.filter(({ id }) => wanted.length === 0 || wanted.includes(id))
  const unknown = wanted.filter((id) => !all.some((mutant) => mutant.id === id))
  if (unknown.length > 0) return fail(`no mutant named ${unknown.join(', ')} in test/mutants.md`, 2)
  try {
    prepare({ isBuilt: false })
  } catch (error) {
    if (error instanceof PrepareError) return fail(error.message, 1)
    throw error
  }
  const copy = copyOfTree()
  try {
    const green = runTests(copy, [...new Set(mutants.flatMap(({ tests }) => tests))])
    if (green.verdict !== 'green')
      return fail(`without any mutant the tests are ${green.verdict}:\n${green.output}`, 1)
    const results = mutants.map((mutant) => tryMutant(copy, mutant))
    return report(results)
  } finally {
    rmSync(join(copy, '..'), { recursive: true, force: true })
  }
}

function tryMutant(copy, mutant) {
  const path = join(copy, mutant.file)
  const original = readFileSync(path, 'utf8')
  const places = original.split(mutant.search).length - 1
  const startedAtMs = performance.now()
  const done = (verdict, by) => {
    const result = { id: mutant.id, verdict, by, tookMs: performance.now() - startedAtMs }
    process.stdout.write(`${lineOf(result)}\n`)
    return result
  }
  if (places !== 1) return done('stale', `the search text occurs ${places} times in ${mutant.file}`)
  writeFileSync(
    path,
    original.replace(mutant.search, () => mutant.replacement),
  )
  try {
    const { verdict, by } = runTests(copy, mutant.tests)
    if (verdict === 'red') return done('caught', by)
    if (verdict === 'green') return done('SURVIVED', `${mutant.tests.join(', ')} stayed green`)
    return done(verdict, by)
  } finally {
    writeFileSync(path, original)
  }
}

/** Builds the copy where a test needs that, runs the tests and tells what they say. */
function runTests(copy, tests) {
  // Types are not the question here: a mutant may leave a name unused, and tsc emits anyway.
  if (tests.some((test) => !test.startsWith('src/'))) {
    node(copy, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'])
  }
  const report = join(copy, '../report.json')
  rmSync(report, { force: true })
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...tests, '--reporter=json']
  const { status, error, stdout, stderr } = node(copy, [...vitest, `--outputFile=${report}`])
  if (error?.code === 'ETIMEDOUT') return { verdict: 'red', by: 'a test that hung' }
  const output = `${stdout}${stderr}`.slice(-4_000)
  if (!existsSync(report)) return { verdict: 'broken', by: 'no test ran', output }
  const files = JSON.parse(readFileSync(report, 'utf8')).testResults
  const missing = tests.filter((test) => !files.some(({ name }) => relative(copy, name) === test))
  if (missing.length > 0) return { verdict: 'broken', by: `not run: ${missing.join(', ')}`, output }
  const failed = files
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.status === 'failed')
  if (failed.length > 0) {
    return {
      verdict: 'red',
      by: failed[0].title,
      output: failed.map(({ fullName }) => fullName).join('\n'),
    }
  }
  return status === 0
    ? { verdict: 'green' }
    : { verdict: 'broken', by: 'a file did not load', output }
}

function copyOfTree() {
  // The copy has a parent of its own, so that what tests look for beside the project is found.
  const parent = mkdtempSync(join(tmpdir(), 'holdfast-mutants-'))
  const copy = join(parent, 'tree')
  const isCopied = (path) => !NOT_COPIED.includes(relative(ROOT, path).split(/[\\/]/)[0])
  cpSync(ROOT, copy, { recursive: true, filter: isCopied })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction')
  const shared = join(ROOT, '../shared')
  if (existsSync(shared)) symlinkSync(shared, join(parent, 'shared'), 'junction')
  return copy
}

function node(cwd, args) {
  const options = {
    cwd,
    encoding: 'utf8',
    timeout: RUN_LIMIT_MS,
    killSignal: 'SIGKILL',
    detached: true,
  }
  const result = spawnSync(process.execPath, args, options)
  // Some mutants loop for ever, in processes of the runner's own: a group of theirs ends with it.
  try {
    process.kill(-result.pid, 'SIGKILL')
  } catch {
    // Nothing of it is left.
  }
  return result
}

function report(results) {
  const survivors = results.filter(({ verdict }) => verdict !== 'caught')
  process.stdout.write(
    `\n${results.length - survivors.length} caught, ${survivors.length} not caught\n`,
  )
  return survivors.length === 0 && results.length > 0 ? 0 : 1
}

function lineOf({ id, verdict, by, tookMs }) {
  const seconds = (tookMs / 1000).toFixed(1).padStart(6)
  return `${id.padEnd(28)} ${verdict.padEnd(9)} ${seconds} s  ${by}`
}

function fail(message, code) {
  process.stderr.write(`${message}\n`)
  return code
}
