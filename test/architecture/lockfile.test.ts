import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './source-files.ts'

interface Locked {
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const read = (name: string) => JSON.parse(readFileSync(join(ROOT, name), 'utf8'))
const packages: Readonly<Record<string, Locked>> = read('package-lock.json').packages

// npm ci refuses a lockfile without them, on every machine.
test('the lockfile names the binaries of every platform (npm run lockfile adds them)', () => {
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !packages[`node_modules/${name}`])
  expect(missing).toEqual([])
})

test('the lockfile is in step with package.json', () => {
  const own: Locked = read('package.json')
  const locked = packages['']
  for (const kind of ['dependencies', 'devDependencies', 'peerDependencies'] as const) {
    expect(locked?.[kind] ?? {}, kind).toEqual(own[kind] ?? {})
  }
})
