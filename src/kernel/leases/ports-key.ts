/**
 * Whose a port block is, in one spelling: two spellings of one folder would get two blocks, and a
 * key of another machine must never be looked for on this one.
 */
import { existsSync, realpathSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { shown } from '../arguments.ts'
import { StoreError } from '../errors.ts'

const REMOTE = 'remote:'
const MAX_LENGTH = 4096

/**
 * The canonical key: absolute paths with links resolved, `remote:…` without a slash at its end, and
 * names as they are. Throws `ARGUMENT_INVALID` for a relative path.
 */
export function canonicalKey(key: string): string {
  if (
    typeof key !== 'string' ||
    key === '' ||
    key.length > MAX_LENGTH ||
    key.includes('\0') ||
    !key.isWellFormed() ||
    /^\.{1,2}([/\\]|$)/.test(key)
  ) {
    throw new StoreError('ARGUMENT_INVALID', `${shown(key)} cannot be the key of a port block`, {
      hint: 'give an absolute path, remote:user@host:path, or a name',
    })
  }
  if (key.startsWith(REMOTE)) return key.replace(/(?<=.)[/\\]+$/, '')
  return isAbsolute(key) ? canonicalPath(key) : key
}

/** Whether the key's folder is there; `null` for what is not a path of this machine. */
export function keyPathExists(key: string): boolean | null {
  return key.startsWith(REMOTE) || !isAbsolute(key) ? null : existsSync(key)
}

/** True for keys that only another machine can say anything about. */
export function isRemoteKey(key: string): boolean {
  return key.startsWith(REMOTE)
}

function canonicalPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path) // It is not there (yet): links cannot be followed.
  }
}
