/** What the file system refuses of a file that is to be written, as an error that says what to do. */
import { isStoreError, StoreError } from '../../errors.ts'

const NO_SPACE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT'])
const FAULTY: ReadonlySet<string> = new Set(['EIO', 'ENXIO'])

/** The error for `path`; what the file system has not said stays as it is. */
export function outputError(path: string, error: unknown): unknown {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  if (isStoreError(error) || code === undefined || syscall === undefined) return error
  const what = `${path} cannot be written: ${syscall} failed with ${code}`
  if (NO_SPACE.has(code)) {
    return new StoreError('DISK_FULL', what, {
      hint: 'free some space, or name a file on another disk',
      cause: error,
    })
  }
  if (FAULTY.has(code)) return new StoreError('IO', what, { cause: error })
  return new StoreError('PATH_REFUSED', what, {
    hint: 'name a file in a folder that is there and that this user may write to',
    cause: error,
  })
}
