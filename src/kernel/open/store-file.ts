/**
 * Makes the folder and the file of a store, readable by their owner alone, before SQLite does.
 *
 * Invariants: only a plain file with one name becomes a store, because SQLite derives the names
 * of its side files from the path: two hard links would have two logs. A file that
 * exists is looked at but never opened: closing it would drop the locks of every SQLite
 * connection that this process has on it. A mode that somebody chose is not changed.
 */
import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { StoreError } from '../errors.ts'
import { fileError } from './file-errors.ts'
import { assertStorePath } from './store-path.ts'

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
/** The folder that Holdfast makes for itself in a project, and that git is to leave alone. */
const OWN_FOLDER = '.holdfast'
const SIDE_FILES = ['-wal', '-shm', '-journal'] as const

/**
 * Makes the folder of a store's file with mode 0700, and in a new `.holdfast` a `.gitignore`
 * for all of it. Folders that exist keep their mode.
 */
export function prepareStoreDirectory(path: string): void {
  assertStorePath(path)
  const folder = dirname(path)
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
  } catch (error) {
    throw fileError('make the folder', folder, error)
  }
  // Decided by the missing store, not by who made the folder: a process that was killed
  // between the two would leave a folder that git picks up.
  if (basename(folder) === OWN_FOLDER && !found(path)) ignoreForGit(join(folder, '.gitignore'))
}

/**
 * Creates a missing store file, empty and with mode 0600; SQLite takes it for a new store and
 * gives its side files the same mode. Call it before this process connects to the path.
 */
export function secureStoreFile(path: string): void {
  if (!storeFileExists(path)) createEmpty(path)
  // Looked at again: another process may have been first, with something else.
  storeFileExists(path)
  demand(path, constants.R_OK | constants.W_OK, 'write to')
  demand(dirname(path), constants.W_OK | constants.X_OK, 'make files in')
}

/**
 * True when there is a file that can be a store, false when there is none. Throws
 * `PATH_REFUSED` for links, folders, devices and files with a second name. Changes nothing.
 */
export function storeFileExists(path: string): boolean {
  assertStorePath(path)
  for (const suffix of SIDE_FILES) {
    const side = found(path + suffix)
    if (side && !side.isFile()) throw refused(path + suffix, side)
  }
  const file = found(path)
  if (!file) return false
  if (!file.isFile() || file.nlink > 1) throw refused(path, file)
  return true
}

function createEmpty(path: string): void {
  try {
    // Exclusive: whatever this opens is new, so no connection can have locks on it.
    closeSync(openSync(path, 'wx', FILE_MODE))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw fileError('create', path, error)
  }
}

function ignoreForGit(path: string): void {
  const existing = found(path)
  // An empty one was left by a process that was killed while it wrote.
  if (existing && (!existing.isFile() || existing.size > 0)) return
  try {
    writeFileSync(path, '*\n')
  } catch (error) {
    throw fileError('write', path, error)
  }
}

function demand(path: string, mode: number, doing: string): void {
  try {
    accessSync(path, mode)
  } catch (error) {
    throw fileError(doing, path, error)
  }
}

function found(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw fileError('look at', path, error)
  }
}

function refused(path: string, stats: Stats): StoreError {
  const [what, hint] = describe(stats)
  return new StoreError('PATH_REFUSED', `'${path}' cannot be a store: it is ${what}`, { hint })
}

function describe(stats: Stats): readonly [what: string, hint: string] {
  if (stats.isSymbolicLink()) {
    return [
      'a symbolic link, which can come to mean another file while the store is open',
      'give the path of the file that it points to',
    ]
  }
  if (stats.isDirectory()) return ['a folder', 'give the path of a file in it']
  if (stats.isFile()) {
    return [
      `a file with ${stats.nlink} names (hard links), each with a log of its own`,
      'make a copy while no process has it open, and use the copy',
    ]
  }
  return ['a pipe, socket or device', 'give the path of a plain file']
}
