/**
 * Whose file stands at a mirror's path. A file of anybody else is refused and left as it is; nothing here
 * opens it, for it may be one that SQLite has locks on.
 */
import { dirname, resolve } from 'node:path'
import { fileIdentity } from '../connection/file-identity.ts'
import { isFileOfStore } from '../connection/store-files.ts'
import { StoreError } from '../errors.ts'
import { MIRROR_FORMAT, type MirrorHead } from './mirror-lines.ts'

/** A store's file, and the random name of its log. */
export interface MirroredStore {
  readonly store: string
  readonly logId: string
}

/** Throws `PATH_REFUSED` for a file that the store itself is made of. */
export function refuseOwnFile(path: string, store: string): void {
  if (isFileOfStore(path, store)) throw refused(`${path} is the store's own`, 'name another file')
}

/** Throws `PATH_REFUSED` unless the mirror in `path` is that of the store, or of a log it had before. */
export function refuseOthers(path: string, head: MirrorHead, mirrored: MirroredStore): void {
  if (head.format > MIRROR_FORMAT) {
    throw refused(`${path} was written by a newer Holdfast`, 'update this program')
  }
  if (isOfOther(path, head, mirrored)) {
    throw refused(`${path} is the mirror of another store`, 'name another file')
  }
}

/**
 * True when a mirror is that of another store. Of two with the same log one is a copy, and the file is of
 * the one that it names; when that is gone, this is the one, moved.
 */
export function isOfOther(
  path: string,
  head: MirrorHead,
  { store, logId }: MirroredStore,
): boolean {
  const named = resolve(dirname(path), head.store)
  if (named === store) return false
  const identity = fileIdentity(named)
  return identity === 'missing' ? head.logId !== logId : identity !== fileIdentity(store)
}

/** The refusal of what is no file. */
export function noFile(path: string): StoreError {
  return refused(`${path} is not a file`, 'name a file for the mirror')
}

/** The refusal of a file of somebody else. */
export function noMirror(path: string): StoreError {
  const hint = `bring it in and put it aside: holdfast import --retire ${path}`
  return refused(`${path} is there, and no mirror`, hint)
}

/** The refusal of a link whose file is gone: nobody knows where it should be made. */
export function linkToNothing(path: string): StoreError {
  return refused(`${path} is a link to a file that is not there`, 'make it, empty')
}

/** The refusal of a path. */
export function refused(message: string, hint: string): StoreError {
  return new StoreError('PATH_REFUSED', message, { hint })
}
