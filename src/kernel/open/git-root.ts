/**
 * Which folder a project's store belongs to, found by reading `.git` and never by running git.
 *
 * Invariant: the answer depends on the repository's common directory alone, never on which
 * worktree, subfolder or environment one asks from. Otherwise two agents in two worktrees of
 * one repository would each get a store of their own, and neither would notice.
 *
 * `GIT_DIR`, `GIT_WORK_TREE` and `GIT_COMMON_DIR` are ignored on purpose: git sets them for
 * hooks, so that a tool called from a hook would find another store than the same tool in a
 * shell. Who wants another file has `HOLDFAST_STORE`.
 */
import { realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { StoreError } from '../errors.ts'
import { readGitLayout } from './git-config.ts'
import { readSmallFile } from './small-file.ts'

/** A project's folder and how it was found. */
export interface ProjectRoot {
  readonly path: string
  /** Half a sentence for status: `the main worktree of this linked worktree`. */
  readonly why: string
}

/**
 * Finds the folder of the repository that `from` lies in; `undefined` outside of any.
 * Throws `STORE_ELSEWHERE` when there is a repository whose common directory cannot be reached.
 */
export function findProjectRoot(from: string): ProjectRoot | undefined {
  // As git does: a folder reached over a symbolic link belongs where it really is.
  for (let folder = physical(from); ; folder = dirname(folder)) {
    const gitDirectory = gitDirectoryAt(folder)
    if (gitDirectory !== undefined) return rootOf(gitDirectory, folder)
    if (dirname(folder) === folder) return undefined
  }
}

// The git directory that `folder` names or is, or undefined to go on with its parent.
function gitDirectoryAt(folder: string): string | undefined {
  const dotGit = join(folder, '.git')
  const found = kindOf(dotGit)
  if (found === 'file') return gitDirectoryNamedBy(dotGit)
  if (found === 'hidden' || (found === 'directory' && kindOf(join(dotGit, 'HEAD')) === 'hidden')) {
    throw elsewhere(dotGit, 'it cannot be read')
  }
  // An empty `.git` folder is no repository, for git neither.
  if (found === 'directory' && isGitDirectory(dotGit)) return dotGit
  return isGitDirectory(folder) ? folder : undefined
}

function gitDirectoryNamedBy(dotGit: string): string {
  const target = /^gitdir: (.+?)\r?\n*$/.exec(readable(dotGit) ?? '')?.[1]
  if (target === undefined) throw elsewhere(dotGit, 'it names no git directory')
  const directory = resolve(dirname(dotGit), target)
  if (kindOf(join(directory, 'HEAD')) !== 'file') {
    throw elsewhere(dotGit, `it points to '${directory}', where there is no git directory`)
  }
  return directory
}

function rootOf(gitDirectory: string, folder: string): ProjectRoot {
  const common = commonDirectoryOf(gitDirectory)
  const { isBare, worktree } = layoutOf(common)
  if (isBare !== true && worktree !== undefined) {
    const path = physical(resolve(common, worktree))
    if (kindOf(path) !== 'directory') {
      throw elsewhere(common, `its working tree '${path}' is not there`)
    }
    return { path, why: 'the working tree that the repository names' }
  }
  if (isBare !== true && basename(common) === '.git') {
    const path = dirname(common)
    const isLinked = path !== folder && gitDirectory !== common
    return { path, why: isLinked ? 'the main worktree of this repository' : 'the git repository' }
  }
  // Bare, or `git init --separate-git-dir`: linked worktrees of either know only this folder.
  return { path: common, why: 'the git directory, which all worktrees share' }
}

// A linked worktree's git directory has a file `commondir` that leads to the repository's own.
function commonDirectoryOf(gitDirectory: string): string {
  const named = readable(join(gitDirectory, 'commondir'))?.replace(/\r?\n*$/, '')
  if (named === undefined || named === '') return physical(gitDirectory)
  const common = resolve(gitDirectory, named)
  if (!isGitDirectory(common)) {
    throw elsewhere(gitDirectory, `its common directory '${common}' cannot be reached`)
  }
  return physical(common)
}

function layoutOf(common: string): ReturnType<typeof readGitLayout> {
  try {
    return readGitLayout(common)
  } catch (error) {
    throw elsewhere(common, 'its config cannot be read', error)
  }
}

// What git asks for too. A linked worktree's git directory has only HEAD, but it lies inside the
// common directory, where the search upwards arrives next.
function isGitDirectory(folder: string): boolean {
  if (kindOf(join(folder, 'HEAD')) !== 'file') return false
  return (
    kindOf(join(folder, 'objects')) === 'directory' && kindOf(join(folder, 'refs')) === 'directory'
  )
}

// 'hidden' where a folder may not be entered: there may be a repository, and it is not ours to
// put another store in its place.
function kindOf(path: string): 'file' | 'directory' | 'hidden' | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isFile()) return 'file'
    return found?.isDirectory() ? 'directory' : undefined
  } catch {
    return 'hidden'
  }
}

function readable(path: string): string | undefined {
  try {
    return readSmallFile(path)
  } catch (error) {
    throw elsewhere(path, 'it cannot be read', error)
  }
}

function physical(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return resolve(path) // Missing or not to be entered: the path as it was given.
  }
}

function elsewhere(path: string, reason: string, cause?: unknown): StoreError {
  return new StoreError(
    'STORE_ELSEWHERE',
    `the store of this project lies with its repository, which is out of reach: '${path}': ${reason}`,
    {
      hint: 'make the main repository reachable (in a container, mount it at the same path), or name the store with HOLDFAST_STORE',
      cause,
    },
  )
}
