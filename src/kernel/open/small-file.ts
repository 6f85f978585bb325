/** Reads small text files that may be missing, without waiting on what is not a file. */
import { readFileSync, statSync } from 'node:fs'

/** Git's own files of this kind have some hundred bytes; a config can have some thousand. */
const MAX_BYTES = 1_048_576

/**
 * The text of a regular file of up to 1 MiB, or `undefined` when there is none. Any other
 * failure to read is thrown as it is, since "unreadable" must not be taken for "missing".
 */
export function readSmallFile(path: string): string | undefined {
  // A FIFO would make readFileSync wait for ever.
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found?.isFile() || found.size > MAX_BYTES) return undefined
  return readFileSync(path, 'utf8')
}
