/** What keeps a mirror from being written, as an error that says what to do. */
import { isStoreError, StoreError, type StoreErrorCode } from '../errors.ts'

const NO_SPACE = 'free some space: what is missing is written then'
const NO_PERMISSION = 'give this user the file and its folder, or name another file for the mirror'

const MEANINGS: Readonly<Record<string, readonly [code: StoreErrorCode, hint: string]>> = {
  ENOSPC: ['DISK_FULL', NO_SPACE],
  EDQUOT: ['DISK_FULL', NO_SPACE],
  EROFS: ['READ_ONLY', 'name a file for the mirror that can be written'],
  EACCES: ['READ_ONLY', NO_PERMISSION],
  EPERM: ['READ_ONLY', NO_PERMISSION],
  ENOTDIR: ['IO', 'look at the path from the left for a file where a folder should be'],
  ELOOP: ['IO', 'its symbolic links go round in a circle: give the path of the real file'],
}
const OTHER = ['IO', "look at the file and its disk; the store's events are safe"] as const

/** The error for the user; one that the system did not give stays as it is. */
export function mirrorFailure(path: string, cause: unknown): unknown {
  if (isStoreError(cause)) return cause
  const { code: errno, message } = cause as NodeJS.ErrnoException
  if (errno === undefined) return cause
  const [code, hint] = MEANINGS[errno] ?? OTHER
  return new StoreError(code, `the mirror ${path} cannot be written: ${message}`, { hint, cause })
}

/** While another process has the lock, and does not give it back. */
export function keptByOther(path: string, sinceMs: number): StoreError {
  const seconds = Math.round(sinceMs / 1000)
  return new StoreError('BUSY', `another process has been writing ${path} for ${seconds} s`, {
    hint: 'try again; a process that was stopped in the middle of it holds it until it ends',
  })
}

/** What is written may be taken back, and what is read may be older than the file. */
export function insideTransaction(): StoreError {
  return new StoreError('ARGUMENT_INVALID', 'a mirror cannot catch up inside a transaction', {
    hint: 'call it after the read() or write() that it stands in',
  })
}
