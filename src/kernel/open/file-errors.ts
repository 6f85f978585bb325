/** Turns what the file system refuses into a StoreError that says what to do. */
import { StoreError, type StoreErrorCode } from '../errors.ts'

interface Meaning {
  readonly code: StoreErrorCode
  readonly reason: string
  readonly hint: string
}

const NO_SPACE: Meaning = {
  code: 'DISK_FULL',
  reason: 'there is no space left',
  hint: 'free some space, or keep the store on another disk with HOLDFAST_STORE',
}
const NO_PERMISSION: Meaning = {
  code: 'PATH_REFUSED',
  reason: 'this user has no permission',
  hint: 'give this user the folder and the files in it, or name another place with HOLDFAST_STORE',
}
const NO_FOLDER: Meaning = {
  code: 'PATH_REFUSED',
  reason: 'a part of the path is not a folder',
  hint: 'look at the path from the left for a file where a folder should be',
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  EROFS: {
    code: 'READ_ONLY',
    reason: 'the file system is read-only',
    hint: "open the store with { mode: 'read' }, or name a writable place with HOLDFAST_STORE",
  },
  ENOSPC: NO_SPACE,
  EDQUOT: NO_SPACE,
  ENOTDIR: NO_FOLDER,
  EEXIST: NO_FOLDER,
  ENAMETOOLONG: {
    code: 'PATH_REFUSED',
    reason: 'the path is too long',
    hint: 'name a shorter one with HOLDFAST_STORE',
  },
  ELOOP: {
    code: 'PATH_REFUSED',
    reason: 'its symbolic links go round in a circle',
    hint: 'give the path of the real file',
  },
}

/** The StoreError for a failed call on `path`; `doing` completes "cannot … 'path'". */
export function fileError(doing: string, path: string, cause: unknown): StoreError {
  const errno = (cause as NodeJS.ErrnoException).code ?? 'an unknown error'
  const meaning = MEANINGS[errno]
  const message = `cannot ${doing} '${path}': ${meaning?.reason ?? 'the system failed'} (${errno})`
  return new StoreError(
    meaning?.code ?? 'IO',
    message,
    meaning ? { hint: meaning.hint, cause } : { cause },
  )
}
