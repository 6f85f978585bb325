/**
 * Other files that somebody could take for this store. Two agents of one project that each write to
 * another file never notice: each finds its own rows, and nobody finds all.
 *
 * Only looked for where a store can be by the rules of `paths.ts`; nothing is opened.
 */
import { readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Finding } from '../log/finding.ts'
import { findProjectRoot } from './git-root.ts'
import { PROJECT_FILE, PROJECT_FOLDER, type StorePath, type StorePathRequest } from './paths.ts'
import { readSmallFile } from './small-file.ts'

/** A store beside the one that was chosen. */
export interface OtherStore {
  /** The store's file. */
  readonly path: string
  /** Half a sentence: `in the worktree feature`. */
  readonly why: string
  /** True when it is the chosen file by another spelling of its path. */
  readonly isSame: boolean
}

const BUILDERS = '.builders'
const MAX_WORKTREES = 1000

/** The stores that are there besides `chosen`, as seen from `request.cwd`. */
export function findOtherStores(chosen: StorePath, request: StorePathRequest): OtherStore[] {
  const identity = identityOf(chosen.path)
  const seen = new Set([chosen.path])
  return candidates(request.cwd).flatMap(({ folder, why }) => {
    const path = join(folder, PROJECT_FOLDER, PROJECT_FILE)
    const found = identityOf(path)
    if (found === undefined || seen.has(path)) return []
    seen.add(path)
    return [{ path, why, isSame: found === identity }]
  })
}

/** The same, and a path that is reached by a link, as findings. */
export function examinePath(chosen: StorePath, request: StorePathRequest): Finding[] {
  const others = findOtherStores(chosen, request).map(({ path, why, isSame }): Finding => {
    if (isSame) return spelled(chosen.path, path)
    const what = `there is another store at ${path}, ${why}; this one is ${chosen.path}, ${chosen.why}`
    const hint = 'who writes there is not seen here: export it, and import what is wanted'
    return { kind: 'store-elsewhere', severity: 'fault', what, hint }
  })
  const real = realPath(chosen.path)
  const isLinked = real !== undefined && real !== resolve(chosen.path)
  return isLinked ? [spelled(chosen.path, real), ...others] : others
}

function spelled(path: string, other: string): Finding {
  return {
    kind: 'store-spelled-otherwise',
    severity: 'note',
    what: `${path} and ${other} are one file by two paths`,
    hint: 'it is one store either way; give it one name, so that nobody takes it for two',
  }
}

interface Candidate {
  readonly folder: string
  readonly why: string
}

function candidates(cwd: string): Candidate[] {
  const root = rootOf(cwd)
  const found: Candidate[] = []
  if (root !== undefined) {
    found.push({ folder: root, why: 'the one of this project' })
    found.push(...worktreesOf(root))
    const builders = join(root, BUILDERS)
    for (const name of namesIn(builders)) {
      found.push({ folder: join(builders, name), why: `in the folder of builder ${name}` })
    }
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (folder !== root) found.push({ folder, why: `in ${folder}` })
    if (dirname(folder) === folder) return found
  }
}

// The repository names its worktrees; `.git` is a folder, or the root is a bare repository.
function worktreesOf(root: string): Candidate[] {
  return [join(root, '.git', 'worktrees'), join(root, 'worktrees')].flatMap((folder) =>
    namesIn(folder).flatMap((name) => {
      const dotGit = textOf(join(folder, name, 'gitdir'))
      return dotGit ? [{ folder: dirname(dotGit), why: `in the worktree ${name}` }] : []
    }),
  )
}

function rootOf(cwd: string): string | undefined {
  try {
    return findProjectRoot(cwd)?.path
  } catch {
    return undefined // Out of reach: whoever chose the store was told so.
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).slice(0, MAX_WORKTREES)
  } catch {
    return [] // There is none, or it may not be read.
  }
}

function textOf(path: string): string | undefined {
  try {
    return readSmallFile(path)?.trim()
  } catch {
    return undefined
  }
}

function identityOf(path: string): string | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats?.isFile() ? `${stats.dev}:${stats.ino}` : undefined
  } catch {
    return undefined // A folder on the way may not be entered: nobody here writes there.
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path)
  } catch {
    return undefined // There is no store yet.
  }
}
