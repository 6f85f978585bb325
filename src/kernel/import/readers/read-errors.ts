/** Failures of the file system, in the words of the closed list. */

import { StoreError } from '../../errors.ts'

/** Runs `action` on a file; what the file system throws becomes `NOT_FOUND` or `IO`. */
export function attempt<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const message = `cannot read '${path}': ${(cause as Error).message}`
    throw new StoreError(isMissing ? 'NOT_FOUND' : 'IO', message, { cause })
  }
}
