/** A full file of a mirror makes room: it gets the name `<path>.1`, in place of the one before it. */
import { renameSync, statSync } from 'node:fs'
import { headOf } from './siblings.ts'
import { isOfOther, type MirroredStore, refused } from './whose-file.ts'

/** Renames the file; throws `PATH_REFUSED` where a file of somebody else has the name. */
export function rotate(path: string, mirrored: MirroredStore): void {
  const older = `${path}.1`
  if (statSync(older, { throwIfNoEntry: false })) {
    const head = headOf(older)
    if (head === undefined || isOfOther(older, head, mirrored)) {
      throw refused(`${older} is in the way of ${path}, which is full`, 'move it elsewhere')
    }
  }
  renameSync(path, older)
}
