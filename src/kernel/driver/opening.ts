/**
 * What went wrong when a file could not be opened, said in terms of the file.
 *
 * SQLite says only "unable to open database file", so the path is looked at afterwards. Only
 * `stat` and `access` are used: opening and closing the file here would drop the locks of
 * any connection that this process holds on it.
 */
import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreError } from '../errors.ts'
import type { DriverOptions } from './driver.ts'
import { sqliteCodeOf, toStoreError } from './sqlite-errors.ts'

const CANTOPEN = 14

/** Refuses paths that the libraries would take for something else than a file of that name. */
export function checkPath(path: string): void {
  // An empty name is a temporary database, better-sqlite3 trims blanks, and SQLite may take
  // a name that starts with file: for a URI.
  if (path !== '' && path.trim() === path && !path.startsWith('file:') && !path.includes('\0')) {
    return
  }
  throw new StoreError('PATH_REFUSED', `'${path}' is not a path of a file`, {
    hint: 'give an absolute path without blanks at its ends',
  })
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
  const found = statSync(path, { throwIfNoEntry: false })
  const mustBeThere = options.mustExist === true || options.readOnly === true
  if (found === undefined && mustBeThere) {
    return {
      code: 'STORE_MISSING',
      message: `there is no store at ${path}`,
      hint: 'check the path, or open it for writing to create it',
    }
  }
  const folder = dirname(path)
  if (found === undefined && statSync(folder, { throwIfNoEntry: false }) === undefined) {
    return refused(`the folder ${folder} does not exist`, `create it: mkdir -p ${folder}`)
  }
  if (found !== undefined && !found.isFile()) {
    return refused(`${path} is not a file`, 'give the path of a file')
  }
  const right = found === undefined ? 'written' : 'read'
  const target = found === undefined ? folder : path
  if (isAllowed(target, found === undefined ? constants.W_OK : constants.R_OK)) return undefined
  return refused(`${target} cannot be ${right}: permission denied`, `look at: ls -ld ${target}`)
}

function refused(message: string, hint: string): PathProblem {
  return { code: 'PATH_REFUSED', message, hint }
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
