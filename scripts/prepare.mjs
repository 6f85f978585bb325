/**
 * Makes a checkout ready to run: dependencies, the native driver, the built JavaScript.
 *
 * Plain Node without dependencies, because it runs before there are any. Each step first
 * asks whether its work is already done, from contents and never from times of change: a
 * `git checkout` rewrites those.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

const TOOLCHAIN = `better-sqlite3 is compiled on this machine and needs a C++ toolchain:
  Debian, Ubuntu   apt-get install build-essential python3
  Fedora           dnf install gcc-c++ make python3
  Alpine           apk add build-base python3
  macOS            xcode-select --install
  Windows          winget install Microsoft.VisualStudio.2022.BuildTools (with "Desktop development with C++")
then run the same command again.`

/** A preparation that cannot go on; its message is all that the user needs to see. */
export class PrepareError extends Error {}

/**
 * Brings the checkout up to date; throws {@link PrepareError} when it cannot. `isBuilt: false`
 * leaves the JavaScript as it is, for those who build elsewhere.
 */
export function prepare({ isBuilt = true } = {}) {
  installDependencies()
  checkNativeDriver()
  if (isBuilt) build()
}

function installDependencies() {
  if (isInstalled()) return
  say('installing dependencies (better-sqlite3 is compiled: one to three minutes)')
  if (npm('ci', '--no-audit', '--no-fund') !== 0) {
    throw new PrepareError(
      `npm ci failed; its reason is above. If it was a compiler:\n${TOOLCHAIN}`,
    )
  }
}

// npm writes its own record of what it installed when it is done, so an interrupted install
// leaves none. Optional packages are those of other platforms and may be missing.
function isInstalled() {
  const record = join(ROOT, 'node_modules/.package-lock.json')
  if (!existsSync(record)) return false
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages
  return Object.entries(wanted).every(
    ([path, { optional, version }]) =>
      path === '' || optional || installed[path]?.version === version,
  )
}

// In a child: a binary of another Node's ABI throws, but a foreign one may crash the process.
function checkNativeDriver() {
  const loads = () =>
    spawnSync(process.execPath, ['-e', "new (require('better-sqlite3'))(':memory:').close()"], {
      cwd: ROOT,
    }).status === 0
  if (loads()) return
  say('compiling better-sqlite3 for this Node')
  npm('rebuild', 'better-sqlite3')
  if (!loads())
    throw new PrepareError(`better-sqlite3 does not load on ${process.version}.\n${TOOLCHAIN}`)
}

function build() {
  const stamp = join(ROOT, 'dist/.built')
  const fingerprint = fingerprintOfSources()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return
  say('building')
  rmSync(stamp, { force: true })
  removeOrphans()
  const steps = [
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
    ['scripts/bundle.mjs'],
  ]
  for (const [script, ...args] of steps) {
    const { status } = spawnSync(process.execPath, [join(ROOT, script), ...args], {
      cwd: ROOT,
      stdio: ['ignore', 2, 2],
    })
    if (status !== 0) throw new PrepareError('the build failed; the reasons are above')
  }
  writeFileSync(stamp, fingerprint)
}

function fingerprintOfSources() {
  const hash = createHash('sha256')
  const sources = filesUnder('src').filter((path) => !path.endsWith('.test.ts'))
  const bundling = ['bundle', 'bundle-cli', 'late-imports', 'late-modules'].map(
    (name) => `scripts/${name}.mjs`,
  )
  const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', ...bundling]
  for (const path of [...settings, ...sources]) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(ROOT, path)))
      .update('\0')
  }
  return hash.digest('hex')
}

// Output of a source that is gone would go on being importable and hide a broken import.
// The folder is not emptied: another run of this checkout may be executing from it.
function removeOrphans() {
  for (const path of filesUnder('dist').filter((name) => name.endsWith('.d.ts'))) {
    const base = path.slice(0, -'.d.ts'.length)
    if (existsSync(join(ROOT, `${base.replace(/^dist/, 'src')}.ts`))) continue
    for (const end of ['.d.ts', '.d.ts.map', '.js', '.js.map']) {
      rmSync(join(ROOT, base + end), { force: true })
    }
  }
}

function filesUnder(folder) {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
}

// The npm that started this script where there is one, so that both are the same version.
function npm(...args) {
  const self = process.env.npm_execpath
  const [command, first] = self ? [process.execPath, [self]] : ['npm', []]
  const options = {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    shell: !self && process.platform === 'win32',
  }
  return spawnSync(command, [...first, ...args], options).status
}

function say(message) {
  process.stderr.write(`${message}\n`)
}
