/**
 * `npm start [-- <folder>]`: the main job on a fresh checkout. Brings a folder of JSON and
 * JSONL state (`examples/legacy` unless told) into a store, proves the store right, shows it
 * and serves it live in a browser until Ctrl-C.
 *
 * `--once`, or the variable CI that build servers set, leaves out the serving.
 *
 * It does nothing itself that the CLI cannot do: it is the list of commands a user would type.
 * Running it again adds nothing, as each folder keeps its store below `.holdfast/`.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { PrepareError, prepare, ROOT } from './prepare.mjs'

const DEFAULT_FOLDER = join(ROOT, 'examples/legacy')

/** The main job, in order; the first that fails ends it with its exit code. */
const jobOf = (folder, store) => [
  ['import', folder, '--store', store],
  ['verify', '--store', store],
  ['status', '--store', store],
]

/** What then runs until it is interrupted. */
const watchOf = (store) => ['serve', '--store', store]

process.exitCode = await start(process.argv.slice(2))

async function start(args) {
  const isOnce = args.includes('--once') || Boolean(process.env.CI)
  const [given, ...surplus] = args.filter((arg) => arg !== '--once')
  if (surplus.length > 0 || given?.startsWith('-'))
    return fail('usage: npm start [-- <folder>] [--once]', 2)
  // npm changes to the project's folder; the user's path is relative to where they typed it.
  const folder = given ? resolve(process.env.INIT_CWD ?? '.', given) : DEFAULT_FOLDER
  if (!statSync(folder, { throwIfNoEntry: false })) return fail(`there is no ${folder}`, 2)
  try {
    prepare()
  } catch (error) {
    if (error instanceof PrepareError) return fail(error.message, 1)
    throw error
  }
  const store = storeOf(folder)
  mkdirSync(dirname(store), { recursive: true, mode: 0o700 })
  for (const command of jobOf(folder, store)) {
    const code = await holdfast(command)
    if (code !== 0) return code
  }
  if (!isOnce) return holdfast(watchOf(store))
  const main = join(ROOT, 'dist/cli/main.js')
  process.stderr.write(`\nnot served; to see it live: node ${main} ${watchOf(store).join(' ')}\n`)
  return 0
}

// One store a folder, so that two folders tried one after the other do not mix.
function storeOf(folder) {
  if (folder === DEFAULT_FOLDER) return join(ROOT, '.holdfast/start.db')
  const id = createHash('sha256').update(folder).digest('hex').slice(0, 8)
  return join(ROOT, `.holdfast/start-${basename(folder) || 'root'}-${id}.db`)
}

/** Runs one command of the built CLI and resolves to its exit code. */
function holdfast(args) {
  process.stderr.write(`\n$ holdfast ${args.join(' ')}\n`)
  // Ctrl-C reaches the whole process group: the child ends by itself, and this process must
  // outlive it to report its code.
  const outlive = () => {}
  process.on('SIGINT', outlive)
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...args], {
      stdio: 'inherit',
    })
    // A container or a supervisor signals this process alone.
    const pass = () => child.kill('SIGTERM')
    process.on('SIGTERM', pass)
    child.on('error', failed)
    child.on('close', (code, signal) => {
      process.off('SIGINT', outlive)
      process.off('SIGTERM', pass)
      done(signal === 'SIGINT' ? 0 : (code ?? 1))
    })
  })
}

function fail(message, code) {
  process.stderr.write(`${message}\n`)
  return code
}
