import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findProjectRoot } from './git-root.ts'

let base: string
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-git-')))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

function at(...parts: string[]): string {
  return join(base, ...parts)
}
function folder(...parts: string[]): string {
  mkdirSync(at(...parts), { recursive: true })
  return at(...parts)
}
function git(cwd: string, ...args: string[]): void {
  execFileSync(
    'git',
    ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'protocol.file.allow=always', ...args],
    {
      cwd,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: base, GIT_CONFIG_NOSYSTEM: '1' },
    },
  )
}
function repository(name: string): string {
  git(base, 'init', '-q', name)
  git(at(name), 'commit', '-q', '--allow-empty', '-m', 'first')
  return at(name)
}
const elsewhere = expect.objectContaining({ code: 'STORE_ELSEWHERE' })

test('outside of a repository there is no project', () => {
  expect(findProjectRoot(folder('plain', 'deep'))).toBeUndefined()
})

test('a repository is found from its root, a subfolder and its git directory', () => {
  const root = repository('main')
  for (const from of [root, folder('main', 'src', 'deep'), at('main', '.git', 'hooks')]) {
    expect(findProjectRoot(from)?.path).toBe(root)
  }
})

test('a folder that does not exist yet belongs to the repository around it', () => {
  const root = repository('main')
  expect(findProjectRoot(at('main', 'not', 'yet'))?.path).toBe(root)
})

test('a symbolic link into a repository leads to the same root', () => {
  const root = repository('main')
  folder('main', 'src')
  symlinkSync(at('main', 'src'), at('link'))
  expect(findProjectRoot(at('link'))?.path).toBe(root)
})

test('a linked worktree belongs to the main worktree', () => {
  const root = repository('main')
  git(root, 'worktree', 'add', '-q', at('linked'))
  expect(findProjectRoot(folder('linked', 'src'))).toEqual({
    path: root,
    why: 'the main worktree of this repository',
  })
  expect(findProjectRoot(at('main', '.git', 'worktrees', 'linked'))?.path).toBe(root)
})

test('a linked worktree inside the main one belongs to the main one', () => {
  const root = repository('main')
  git(root, 'worktree', 'add', '-q', at('main', '.worktrees', 'one'))
  expect(findProjectRoot(at('main', '.worktrees', 'one'))?.path).toBe(root)
})

test('a bare repository and its worktrees share the git directory', () => {
  repository('main')
  git(base, 'clone', '-q', '--bare', 'main', 'bare.git')
  git(at('bare.git'), 'worktree', 'add', '-q', at('one'))
  git(at('bare.git'), 'worktree', 'add', '-q', at('bare.git', 'two'))
  for (const from of [at('bare.git'), at('bare.git', 'refs'), at('one'), at('bare.git', 'two')]) {
    expect(findProjectRoot(from)?.path).toBe(at('bare.git'))
  }
})

test('a bare repository that is called .git is not taken for a working tree', () => {
  repository('main')
  git(base, 'clone', '-q', '--bare', 'main', 'project/.git')
  git(at('project', '.git'), 'worktree', 'add', '-q', at('project', 'one'))
  for (const from of [at('project'), at('project', 'one')]) {
    expect(findProjectRoot(from)?.path).toBe(at('project', '.git'))
  }
})

test('a folder whose .git file names a bare repository beside it shares that', () => {
  repository('main')
  git(base, 'clone', '-q', '--bare', 'main', 'project/.bare')
  writeFileSync(at('project', '.git'), 'gitdir: ./.bare\n')
  git(at('project'), 'worktree', 'add', '-q', 'one')
  for (const from of [at('project'), at('project', 'one')]) {
    expect(findProjectRoot(from)?.path).toBe(at('project', '.bare'))
  }
})

test('bare wins over a working tree, which git itself refuses beside it', () => {
  repository('main')
  git(base, 'clone', '-q', '--bare', 'main', 'bare.git')
  execFileSync('git', ['config', '-f', at('bare.git', 'config'), 'core.worktree', at('main')])
  expect(findProjectRoot(at('bare.git'))?.path).toBe(at('bare.git'))
})

test('settings that moved to config.worktree still say that a repository is bare', () => {
  repository('main')
  git(base, 'clone', '-q', '--bare', 'main', 'project/.git')
  git(at('project'), 'config', 'extensions.worktreeConfig', 'true')
  git(at('project'), 'config', '--unset', 'core.bare')
  writeFileSync(at('project', '.git', 'config.worktree'), '[core]\n\tbare = true\n')
  expect(findProjectRoot(at('project'))?.path).toBe(at('project', '.git'))
})

test('a submodule has its own root, in its own worktrees too', () => {
  repository('library')
  const root = repository('main')
  git(root, 'submodule', 'add', '-q', at('library'), 'lib')
  expect(findProjectRoot(at('main', 'lib'))?.path).toBe(at('main', 'lib'))
  git(at('main', 'lib'), 'worktree', 'add', '-q', at('lib-linked'))
  expect(findProjectRoot(at('lib-linked'))?.path).toBe(at('main', 'lib'))
})

test('with a separate git directory, all worktrees agree on it', () => {
  git(base, 'init', '-q', '--separate-git-dir', 'git', 'main')
  git(at('main'), 'commit', '-q', '--allow-empty', '-m', 'first')
  git(at('main'), 'worktree', 'add', '-q', at('linked'))
  expect(findProjectRoot(at('main'))?.path).toBe(at('git'))
  expect(findProjectRoot(at('linked'))?.path).toBe(at('git'))
})

test('a config that is not a file is not read', () => {
  const root = repository('main')
  rmSync(at('main', '.git', 'config'))
  folder('main', '.git', 'config')
  expect(findProjectRoot(root)?.path).toBe(root)
})

test('an empty .git folder is no repository', () => {
  const root = repository('main')
  folder('main', 'sub', '.git')
  expect(findProjectRoot(at('main', 'sub'))?.path).toBe(root)
})

test('a worktree whose main repository is gone is refused, even inside another repository', () => {
  const root = repository('outer')
  repository('outer/main')
  git(at('outer', 'main'), 'worktree', 'add', '-q', at('outer', 'linked'))
  renameSync(at('outer', 'main'), at('moved'))
  expect(() => findProjectRoot(at('outer', 'linked'))).toThrow(elsewhere)
  expect(findProjectRoot(root)?.path).toBe(root)
})

test('a common directory that cannot be reached is refused', () => {
  const root = repository('main')
  git(root, 'worktree', 'add', '-q', at('linked'))
  writeFileSync(at('main', '.git', 'worktrees', 'linked', 'commondir'), '../../../gone\n')
  expect(() => findProjectRoot(at('linked'))).toThrow(elsewhere)
})

test('a working tree that is named and not there is refused', () => {
  const root = repository('main')
  git(root, 'config', 'core.worktree', '../../gone')
  expect(() => findProjectRoot(root)).toThrow(elsewhere)
})

test('a .git file of another kind is refused', () => {
  writeFileSync(at('.git'), 'something else\n')
  expect(() => findProjectRoot(base)).toThrow(elsewhere)
})

test.skipIf(process.platform === 'win32')(
  'a .git folder that may not be entered is refused',
  () => {
    const root = repository('outer/main')
    git(base, 'init', '-q', 'outer')
    execFileSync('chmod', ['-R', 'a+rX', base])
    execFileSync('chmod', ['000', at('outer', 'main', '.git')])
    // Root may enter everywhere, so as root the test takes another effective user for a moment.
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(65_534)
    try {
      expect(() => findProjectRoot(root)).toThrow(elsewhere)
    } finally {
      if (isRoot) process.seteuid?.(0)
      execFileSync('chmod', ['700', at('outer', 'main', '.git')])
    }
  },
)
