/** Workspaces in one spelling: two paths to one folder are one workspace. */
import { realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { StoreError } from '../../index.ts'

const REMOTE = 'remote:'
// A stream's name holds the workspace, the id and the kind within 1,024 characters.
const MAX_LENGTH = 700

/** The canonical path of a project's folder; `remote:…` stays as it is. */
export function canonicalWorkspace(path: string): string {
  if (path.startsWith(REMOTE)) return path.replace(/(?<=.)[/\\]+$/, '')
  if (path === '' || path.length > MAX_LENGTH || !isAbsolute(path)) {
    throw new StoreError('ARGUMENT_INVALID', `'${path.slice(0, 80)}' is no workspace`, {
      hint: `give the absolute path of the project's folder, at most ${MAX_LENGTH} characters`,
    })
  }
  return canonicalPath(path)
}

/**
 * The project of a builder's worktree, which lies below its `.builders` folder; `undefined` for
 * worktrees elsewhere. The last such folder counts: a builder may itself run a farm.
 */
export function workspaceOfWorktree(worktree: string): string | undefined {
  const at = worktree.replaceAll('\\', '/').lastIndexOf('/.builders/')
  return at > 0 ? canonicalPath(worktree.slice(0, at)) : undefined
}

/**
 * A path without links. Of one that is not there the nearest folder that is decides: /tmp and
 * /private/tmp are one.
 */
export function canonicalPath(path: string): string {
  const whole = resolve(path)
  const missing: string[] = []
  for (let at = whole; ; at = dirname(at)) {
    try {
      return join(realpathSync(at), ...missing)
    } catch {
      if (dirname(at) === at) return whole
      missing.unshift(at.slice(dirname(at).length).replace(/^[/\\]/, ''))
    }
  }
}
