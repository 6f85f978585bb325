/**
 * Where the per-user store is: the platform's folder for a program's data.
 *
 * Invariant: under a test runner the real user store is never the answer, however it is named.
 */
import { homedir } from 'node:os'
import { posix, win32 } from 'node:path'
import { checkFields, OBJECT } from '../arguments.ts'
import { StoreError } from '../errors.ts'
import { assertStorePath } from './store-path.ts'
import { testRunnerIn } from './test-runner.ts'

/** What the environment says; `process.env` has this shape. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where to look for the user store. */
export interface UserStoreRequest {
  readonly env: Environment
  /** Default: the running platform. */
  readonly platform?: NodeJS.Platform
  /** Default: the home folder that the operating system names. */
  readonly home?: string
}

/** A store's file, and how it was chosen, for status to say. */
export interface UserStorePath {
  readonly path: string
  readonly why: string
}

/**
 * Finds the user store: `HOLDFAST_USER_STORE`, otherwise `user.db` in the platform's data
 * folder. Throws `PATH_REFUSED` for the real one under a test runner.
 */
export function resolveUserStorePath(request: UserStoreRequest): UserStorePath {
  checkFields('resolveUserStorePath', request, { env: OBJECT })
  const named = request.env['HOLDFAST_USER_STORE'] ?? ''
  if (named !== '') {
    assertAbsolute('HOLDFAST_USER_STORE', named, request.platform)
    refuseRealUserStoreUnderTest(named, request)
    return { path: named, why: 'HOLDFAST_USER_STORE names it' }
  }
  const path = realUserStorePath(request)
  refuseRealUserStoreUnderTest(path, request)
  return { path, why: 'the user store in the data folder of this platform' }
}

/** Throws `PATH_REFUSED` when a test is running and `path` is the real user store. */
export function refuseRealUserStoreUnderTest(path: string, request: UserStoreRequest): void {
  const runner = testRunnerIn(request.env)
  if (runner === undefined || !isRealUserStore(path, request)) return
  throw new StoreError(
    'PATH_REFUSED',
    `a test is running (${runner}) and '${path}' is the real user store`,
    { hint: 'set HOLDFAST_USER_STORE to a file in a temporary folder, or open a path of your own' },
  )
}

/** Throws `PATH_REFUSED` unless a variable holds an absolute path that can be a store. */
export function assertAbsolute(
  variable: string,
  path: string,
  platform: NodeJS.Platform = process.platform,
): void {
  assertStorePath(path)
  if (pathsOf(platform).isAbsolute(path)) return
  throw new StoreError('PATH_REFUSED', `${variable} is '${path}', which is not absolute`, {
    // Every process inherits the variable, each with a working folder of its own.
    hint: `write the whole path: a relative ${variable} would name another store in every folder`,
  })
}

function isRealUserStore(path: string, request: UserStoreRequest): boolean {
  const { normalize } = pathsOf(request.platform)
  try {
    return normalize(path) === normalize(realUserStorePath(request))
  } catch {
    return false // Without a home folder there is no real user store.
  }
}

function realUserStorePath(request: UserStoreRequest): string {
  const platform = request.platform ?? process.platform
  const { join } = pathsOf(platform)
  if (platform === 'win32') {
    const local = absoluteIn(request.env, 'LOCALAPPDATA', platform)
    return join(local ?? join(home(request), 'AppData', 'Local'), 'holdfast', 'Data', 'user.db')
  }
  if (platform === 'darwin') {
    return join(home(request), 'Library', 'Application Support', 'holdfast', 'user.db')
  }
  // The XDG base directory specification asks to ignore relative values.
  const data = absoluteIn(request.env, 'XDG_DATA_HOME', platform)
  return join(data ?? join(home(request), '.local', 'share'), 'holdfast', 'user.db')
}

function absoluteIn(env: Environment, name: string, platform: NodeJS.Platform): string | undefined {
  const path = env[name] ?? ''
  return pathsOf(platform).isAbsolute(path) ? path : undefined
}

function home(request: UserStoreRequest): string {
  const path = request.home ?? systemHome()
  if (pathsOf(request.platform).isAbsolute(path)) return path
  throw new StoreError('PATH_REFUSED', 'this user has no home folder to keep the user store in', {
    hint: 'set HOLDFAST_USER_STORE to an absolute path',
  })
}

function systemHome(): string {
  try {
    return homedir()
  } catch {
    return '' // A user without an entry in the password file, as in some containers.
  }
}

function pathsOf(platform: NodeJS.Platform = process.platform): typeof posix {
  return platform === 'win32' ? win32 : posix
}
