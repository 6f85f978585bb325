/**
 * What went wrong when a file could not be opened, said in terms of the file.
 *
 * SQLite says only "unable to open database file", so the path is looked at afterwards. Only
 * `stat` and `access` are used: opening and closing the file here would drop the locks of
 * any connection that this process holds on it.
 */
import { accessSync, constants, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreError } from '../errors.ts'
import type { DriverOptions } from './driver.ts'
import { sqliteCodeOf, toStoreError } from './sqlite-errors.ts'

const CANTOPEN = 14

/**
 * Refuses paths that the libraries would take for something else than a file of that name:
 * an empty name is a temporary database, better-sqlite3 trims blanks, `file:` begins a URI,
 * a folder fails at some later statement, and a pipe blocks for ever.
 */
export function checkPath(path: string): void {
  if (path === ':memory:') return
  if (path === '' || path.trim() !== path || path.startsWith('file:') || path.includes('\0')) {
    throw new StoreError('PATH_REFUSED', `'${path}' is not a path of a file`, {
      hint: 'give an absolute path without blanks at its ends',
    })
  }
  const found = look(path)
  if (typeof found === 'string' || found.isFile()) return
  throw new StoreError('PATH_REFUSED', `${path} is not a file`, { hint: 'give the path of a file' })
}

/** The StoreError for an `error` that a library threw while it opened `path`. */
export function toOpenError(error: unknown, path: string, options: DriverOptions): StoreError {
  const sqliteCode = sqliteCodeOf(error)
  const isPathProblem = sqliteCode === undefined || (sqliteCode & 0xff) === CANTOPEN
  const problem = isPathProblem ? pathProblem(path, options) : undefined
  if (problem === undefined) return toStoreError(error, { path, isClosed: false })
  return new StoreError(problem.code, problem.message, {
    hint: problem.hint,
    ...(sqliteCode === undefined ? {} : { sqliteCode }),
    cause: error,
  })
}

interface PathProblem {
  readonly code: 'STORE_MISSING' | 'PATH_REFUSED'
  readonly message: string
  readonly hint: string
}

function pathProblem(path: string, options: DriverOptions): PathProblem | undefined {
  const found = look(path)
  if (found === 'missing') return missingProblem(path, options)
  if (found === 'unreachable' || !isAllowed(path, constants.R_OK)) {
    return refused(`${path} cannot be read: permission denied`, `look at: ls -ld ${path}`)
  }
  return undefined
}

function missingProblem(path: string, options: DriverOptions): PathProblem | undefined {
  if (options.mustExist === true || options.readOnly === true) {
    return {
      code: 'STORE_MISSING',
      message: `there is no store at ${path}`,
      hint: 'check the path; the first that opens it for writing makes it',
    }
  }
  const folder = dirname(path)
  if (look(folder) === 'missing') {
    return refused(`the folder ${folder} does not exist`, `create it: mkdir -p ${folder}`)
  }
  if (isAllowed(folder, constants.W_OK)) return undefined
  return refused(`${folder} cannot be written: permission denied`, `look at: ls -ld ${folder}`)
}

function refused(message: string, hint: string): PathProblem {
  return { code: 'PATH_REFUSED', message, hint }
}

function look(path: string): Stats | 'missing' | 'unreachable' {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? 'missing'
  } catch {
    // A folder on the way is closed to us, or is no folder.
    return 'unreachable'
  }
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    // Whatever the reason, this process cannot use it.
    return false
  }
}
