/**
 * The files of a folder, in the order of their paths. Symbolic links are followed where they were
 * given by the caller and nowhere else, so that a walk neither leaves its folder nor goes round.
 */
import { type Dirent, lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { STORE_FILE_ENDINGS } from '../connection/store-files.ts'
import { isStoreError, StoreError } from '../errors.ts'
import { attempt } from './readers/read-errors.ts'
import { whyNeverSource, whyNotEntered } from './skip-rules.ts'
import type { SkippedFile } from './types.ts'

const MAX_FILES = 100_000
const MAX_DEPTH = 32
const MAX_SIBLINGS = 1000
const MAX_SHOWN_SKIPPED = 1000
/** Of a pipe, a socket, a device: to open one may wait for ever. */
const NOT_A_FILE = 'not a file'

/** A file that may be a source. */
export interface FoundFile {
  readonly path: string
  /** Below the folder given, with `/`; of a file given itself, its name. */
  readonly relativePath: string
  readonly siblings: readonly string[]
  /** True when the caller gave this very file. */
  readonly isNamed: boolean
}

/** What the system does not let be read: a file, or a folder with all that is in it. */
export interface UnreadableFile {
  readonly path: string
  readonly relativePath: string
  readonly problem: string
  /** True when it was there a moment ago: renamed perhaps, so that another look finds it. */
  readonly isGone: boolean
}

/** Collects what is passed over, and how much of it; and what should have been read and cannot be. */
export class Skipped {
  readonly files: SkippedFile[] = []
  /** By path. */
  readonly unreadable: Map<string, UnreadableFile> = new Map()
  count = 0

  add(path: string, why: string): void {
    this.count++
    if (this.files.length < MAX_SHOWN_SKIPPED) this.files.push({ path, why })
  }

  /** Runs `action` on a file or folder; `undefined`, and noted, where that cannot be read. */
  attempt<T>(file: Pick<FoundFile, 'path' | 'relativePath'>, action: () => T): T | undefined {
    try {
      return action()
    } catch (error) {
      const isGone = isStoreError(error, 'NOT_FOUND')
      if (!isGone && !isStoreError(error, 'IO')) throw error
      const { path, relativePath } = file
      this.unreadable.set(path, { path, relativePath, problem: error.message, isGone })
      return undefined
    }
  }
}

/**
 * Finds the files of `roots`, each once; `isOwn` tells those of the store itself. A root that cannot be read is
 * refused, or with `mayBeGone` noted as what is found below one.
 */
export function findFiles(
  roots: readonly string[],
  isOwn: (path: string) => boolean,
  skipped: Skipped,
  { mayBeGone = false }: { readonly mayBeGone?: boolean | undefined } = {},
): FoundFile[] {
  const found = new Map<string, FoundFile>()
  const add = (file: FoundFile) => {
    const why = isOwn(file.path) ? 'the store itself' : whyNeverSource(basename(file.path))
    if (why !== undefined) {
      skipped.add(file.path, why)
      return
    }
    const before = found.get(file.path)
    if (!before) found.set(file.path, file)
    else if (file.isNamed) found.set(file.path, { ...before, isNamed: true })
    if (found.size <= MAX_FILES) return
    throw new StoreError('IMPORT_INVALID', `there are more than ${MAX_FILES} files to import`, {
      hint: 'import a folder further down, or name the files',
    })
  }
  const enter = (root: string) => {
    const path = attempt(root, () => realpathSync(resolve(root)))
    const stats = attempt(root, () => statSync(path))
    if (stats.isDirectory()) walk({ path, relative: '', depth: 0, add, skipped })
    else if (!stats.isFile()) skipped.add(path, NOT_A_FILE)
    else {
      const siblings = namesIn(dirname(path))
      add({ path, relativePath: basename(path), siblings, isNamed: true })
    }
  }
  for (const root of roots) {
    const place = { path: resolve(root), relativePath: basename(root) }
    if (mayBeGone) skipped.attempt(place, () => enter(root))
    else enter(root)
  }
  return [...found.values()]
}

interface Folder {
  readonly path: string
  readonly relative: string
  readonly depth: number
  readonly add: (file: FoundFile) => void
  readonly skipped: Skipped
}

function walk({ path, relative, depth, add, skipped }: Folder): void {
  const entries = attempt(path, () => readdirSync(path, { withFileTypes: true }))
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  const siblings = entries.slice(0, MAX_SIBLINGS).map((entry) => entry.name)
  for (const entry of entries) {
    const at = join(path, entry.name)
    const relativePath = relative === '' ? entry.name : `${relative}/${entry.name}`
    if (hasOtherBytes(at)) {
      const problem = 'its name is not UTF-8: rename it to import it'
      skipped.unreadable.set(at, { path: at, relativePath, problem, isGone: false })
    } else if (entry.isFile()) add({ path: at, relativePath, siblings, isNamed: false })
    else if (!entry.isDirectory()) skipped.add(at, describe(entry))
    else enter(at, relativePath, entry.name)
  }

  function enter(at: string, relativePath: string, name: string): void {
    const why = whyNotEntered(name) ?? (depth >= MAX_DEPTH ? 'nested too deeply' : undefined)
    if (why !== undefined) {
      skipped.add(at, why)
      return
    }
    const folder = { path: at, relative: relativePath, depth: depth + 1, add, skipped }
    skipped.attempt({ path: at, relativePath }, () => walk(folder))
  }
}

// What is no UTF-8 is shown as U+FFFD, and a file of the name that is shown is not there.
function hasOtherBytes(path: string): boolean {
  if (!path.includes('\uFFFD')) return false
  return statsOf(path) === undefined
}

// `null` in a folder that may be listed and not entered, which is said when the file is read.
function statsOf(path: string): Stats | undefined | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return null
  }
}

function describe(entry: Dirent): string {
  return entry.isSymbolicLink() ? 'a symbolic link' : NOT_A_FILE
}

function namesIn(folder: string): string[] {
  return attempt(folder, () => readdirSync(folder).sort().slice(0, MAX_SIBLINGS))
}

/** True when `path` is one of the store's files, or the same file under another name. */
export function ownFilesOf(storePath: string): (path: string) => boolean {
  const own = lstatSync(storePath, { throwIfNoEntry: false })
  const names = STORE_FILE_ENDINGS.map((ending) => storePath + ending)
  return (path) => {
    if (names.includes(path)) return true
    const stats = statsOf(path)
    return own !== undefined && stats?.ino === own.ino && stats.dev === own.dev
  }
}
