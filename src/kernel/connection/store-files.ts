/**
 * The files of a store: its own and those that stand beside it under its name. Whoever is given a path
 * asks here first, for none of them is ever a source, a mirror, or opened with `fs`.
 */
import { fileIdentity } from './file-identity.ts'

/** What the names of a store's files have behind that of the store. */
export const STORE_FILE_ENDINGS: readonly string[] = [
  '',
  '-wal',
  '-shm',
  '-journal',
  '-bell',
  '-mirror',
]

/** True when `path` is one of the files of `store`, or leads to one. */
export function isFileOfStore(path: string, store: string): boolean {
  const files = STORE_FILE_ENDINGS.map((ending) => store + ending)
  if (files.includes(path)) return true
  const identity = fileIdentity(path)
  return identity !== 'missing' && files.some((file) => fileIdentity(file) === identity)
}
