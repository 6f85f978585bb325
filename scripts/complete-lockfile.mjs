/**
 * Completes package-lock.json: `node scripts/complete-lockfile.mjs` after any change of a
 * dependency. A registry that carries only some platforms' binaries leaves the others out of
 * the lockfile, and `npm ci` then refuses it as out of sync, on every machine.
 *
 * Every optional dependency of a locked package gets an entry with the version its parent
 * names and the platform its name spells, so that npm skips it elsewhere. No integrity is
 * invented: npm takes it from the registry on the platform that installs the package.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']
const LIBRARIES = { gnu: 'glibc', musl: 'musl' }

/** The fields by which npm decides whether a package is for this machine. */
function platformOf(name) {
  const words = name.split(/[-/]/)
  const system = words.find((word) => SYSTEMS.includes(word))
  const processor = words.findLast((word) => PROCESSORS.includes(word))
  const library = LIBRARIES[words.at(-1)]
  // Without a platform npm would fetch the package everywhere, which is how this began.
  if (!system || !processor) throw new Error(`cannot tell the platform of ${name}; add it by hand`)
  return { cpu: [processor], os: [system], libc: library && [library] }
}

/** Adds what is missing to a parsed lockfile and returns the added names. */
function completeLockfile(lock) {
  const added = []
  for (const parent of Object.values(lock.packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const key = `node_modules/${name}`
      if (lock.packages[key]) continue
      const { cpu, os, libc } = platformOf(name)
      // In npm's own order of fields, so that its next run changes nothing.
      lock.packages[key] = { version, cpu, dev: parent.dev, libc, optional: true, os }
      added.push(name)
    }
  }
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))
  lock.packages = Object.fromEntries(sorted)
  return added
}

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const lock = JSON.parse(readFileSync(path, 'utf8'))
const added = completeLockfile(lock)
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`${added.length} missing entries added\n`)
