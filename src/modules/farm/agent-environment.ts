/**
 * The environment of an agent's process. It runs the scripts of the project that it works on, and a
 * script takes a variable that names a database for a file of its own: one such removed the live
 * database of an orchestrator when it cleaned up after itself. So no variable names a store but the
 * two that Holdfast reads, whole and absolute, as the parent has settled them.
 */
import { resolve } from 'node:path'
import {
  resolveStorePath,
  resolveUserStorePath,
  type StorePathRequest,
  withoutTestRunner,
} from '../../index.ts'
import { canonicalPath } from './workspace.ts'

/** Whose environment an agent gets, and of which store it is told. */
export interface AgentEnvironmentRequest extends Pick<StorePathRequest, 'cwd' | 'env'> {
  /** The store of the farm. Default: the one that `holdfast` takes in `cwd`. */
  readonly store?: string
  /**
   * `false` for an agent that does not use the farm by itself: neither store is named. Default `true`.
   * It hides nothing: who looks for the file finds it.
   */
  readonly isTold?: boolean
}

const NAMES = ['HOLDFAST_STORE', 'HOLDFAST_USER_STORE']
// Of the files beside a store, and of an address; a sentence that begins with a name is none.
const ENDING = /^(?:[-.?]\S*)?$/
// Longer values are no paths.
const MAX_PATH = 4096

/**
 * The variables for an agent that is started from `cwd`: those of `env`, without any that names one
 * of the stores or a file beside it, under whatever name and however the path is spelled.
 *
 * An agent is no test: the variables of a test runner go too, once both stores are named. Throws
 * `PATH_REFUSED` where a test would start an agent on the real user store, and what
 * `resolveStorePath` throws.
 *
 * @example
 * ```ts
 * import { agentEnvironment } from 'holdfast/farm'
 * const env = agentEnvironment({ cwd: process.cwd(), env: process.env, store: '/srv/farm/state.db' })
 * console.log(env['HOLDFAST_STORE'])
 * ```
 */
export function agentEnvironment(request: AgentEnvironmentRequest): Record<string, string> {
  const { cwd, env, store, isTold = true } = request
  const named = store === undefined ? {} : { explicit: store }
  const project = resolveStorePath({ cwd, env, ...named }).path
  const user = userStoreOf(request)
  const live = [project, ...(user === undefined ? [] : [user])].flatMap((path) => [
    path,
    canonicalPath(path),
  ])
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || NAMES.includes(name) || namesOneOf(live, value, cwd)) continue
    kept[name] = value
  }
  // Its test runner's variables keep an agent that is told of none out of the real user store.
  if (!isTold) return kept
  return {
    ...withoutTestRunner(kept),
    HOLDFAST_STORE: project,
    ...(user === undefined ? {} : { HOLDFAST_USER_STORE: user }),
  }
}

/** The user's store; `undefined` for a user without a home, or one that no test may have. */
function userStoreOf({ env, isTold = true }: AgentEnvironmentRequest): string | undefined {
  try {
    return resolveUserStorePath({ env }).path
  } catch (error) {
    const isTest = Object.keys(withoutTestRunner(env)).length < Object.keys(env).length
    if (isTold && isTest) throw error
    return undefined
  }
}

// Within an address (`sqlite:///…?mode=rw`), with an ending (`-wal`, `.bak-1`), relative, or a link.
function namesOneOf(live: readonly string[], value: string, cwd: string): boolean {
  if (live.some((path) => value.includes(path))) return true
  if (value === '' || value.length > MAX_PATH) return false
  const path = resolve(cwd, value.replace(/^(?:file|sqlite3?):/, ''))
  return [path, canonicalPath(path)].some((one) =>
    live.some((store) => one.startsWith(store) && ENDING.test(one.slice(store.length))),
  )
}
