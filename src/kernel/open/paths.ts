/**
 * Which file is the store: explicit, then `HOLDFAST_STORE`, then the project's, then the user's.
 *
 * Invariant: one place of work has one store. Whatever would give two processes in the same
 * project different files (a relative variable, a linked worktree, a missing main repository)
 * is led back to one file or refused; nothing here creates a file or asks another program.
 */
import { join, resolve } from 'node:path'
import { checkFields, OBJECT, PATH } from '../arguments.ts'
import { findProjectRoot } from './git-root.ts'
import { assertStorePath } from './store-path.ts'
import {
  assertAbsolute,
  refuseRealUserStoreUnderTest,
  resolveUserStorePath,
  type UserStoreRequest,
} from './user-store.ts'

export { resolveUserStorePath, type UserStoreRequest } from './user-store.ts'

/** The folder that holds a project's store, in the project's root. */
export const PROJECT_FOLDER = '.holdfast'
/** The name of a project's store in {@link PROJECT_FOLDER}. */
export const PROJECT_FILE = 'state.db'

/** Where to look for the store. */
export interface StorePathRequest extends UserStoreRequest {
  /** The folder of work; a relative explicit path and the search for a project start here. */
  readonly cwd: string
  /** A path given by the caller; it wins over everything else. */
  readonly explicit?: string
}

/** The store's file, and how it was chosen, for status to say. */
export interface StorePath {
  /** Absolute. */
  readonly path: string
  readonly kind: 'explicit' | 'environment' | 'project' | 'user'
  /** Half a sentence: `HOLDFAST_STORE names it`. */
  readonly why: string
}

/**
 * Chooses the store's file. Throws `STORE_ELSEWHERE` when the project's repository is out of
 * reach, and `PATH_REFUSED` for paths that cannot be a store.
 */
export function resolveStorePath(request: StorePathRequest): StorePath {
  checkFields('resolveStorePath', request, { cwd: PATH, env: OBJECT })
  const { cwd, env, explicit } = request
  if (explicit !== undefined) {
    assertStorePath(explicit)
    return checked({ path: resolve(cwd, explicit), kind: 'explicit', why: 'the caller named it' })
  }
  const named = env['HOLDFAST_STORE'] ?? ''
  if (named !== '') {
    assertAbsolute('HOLDFAST_STORE', named)
    return checked({ path: named, kind: 'environment', why: 'HOLDFAST_STORE names it' })
  }
  const root = findProjectRoot(cwd)
  if (root) {
    const path = join(root.path, PROJECT_FOLDER, PROJECT_FILE)
    return { path, kind: 'project', why: `in ${root.why}` }
  }
  const user = resolveUserStorePath(request)
  return { path: user.path, kind: 'user', why: `no git repository here: ${user.why}` }

  function checked(store: StorePath): StorePath {
    refuseRealUserStoreUnderTest(store.path, request)
    return store
  }
}
