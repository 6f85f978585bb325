/** A full file of a mirror makes room: it gets the name `<path>.1`, in place of the one before it. */
import { renameSync, statSync } from 'node:fs'
import { isFileOfStore } from '../connection/store-files.ts'
import { firstLineOf } from './siblings.ts'
import { isOfOther, type MirroredStore, refused } from './whose-file.ts'

/** Renames the file; throws `PATH_REFUSED` where a file of somebody else has the name. */
export function rotate(path: string, mirrored: MirroredStore): void {
  const older = `${path}.1`
  if (isInTheWay(older, mirrored)) {
    throw refused(`${older} is in the way of ${path}, which is full`, 'move it elsewhere')
  }
  renameSync(path, older)
}

function isInTheWay(path: string, mirrored: MirroredStore): boolean {
  if (!statSync(path, { throwIfNoEntry: false })) return false
  // Not opened: closing it would drop SQLite's locks.
  if (isFileOfStore(path, mirrored.store)) return true
  const head = firstLineOf(path)
  // A mirror that was emptied before it was renamed: there is nothing in it.
  if (head === 'torn') return false
  return head === undefined || isOfOther(path, head, mirrored)
}
