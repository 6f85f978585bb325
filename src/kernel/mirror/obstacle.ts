/** What a mirror's path shows of what keeps it from being written, for who does not write it himself. */
import { accessSync, constants, lstatSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { mirrorFailure } from './failure.ts'
import { firstLineOf } from './siblings.ts'
import {
  linkToNothing,
  type MirroredStore,
  noFile,
  noMirror,
  refuseOthers,
  refuseOwnFile,
} from './whose-file.ts'

/** A mirror, and whether it lacks what whoever writes it would have written by now. */
export interface LookedAt extends MirroredStore {
  readonly isLate: () => boolean
}

/** A sentence; `null` where nothing is to be seen, and for a file that will be made. */
export function obstacleAt(path: string, mirrored: LookedAt): string | null {
  try {
    look(path, mirrored)
    return null
  } catch (error) {
    // What this user may not, or what is asked for only at the next start, keeps nobody from writing it now.
    if (isDenied(error) && !mirrored.isLate()) return null
    return (mirrorFailure(path, error) as Error).message
  }
}

function look(path: string, mirrored: MirroredStore): void {
  refuseOwnFile(path, mirrored.store)
  const stats = lookedAt(path)
  if (!stats) {
    if (lstatSync(path, { throwIfNoEntry: false })) throw linkToNothing(path)
    lookWhereItIsMade(path)
    return
  }
  if (!stats.isFile()) throw noFile(path)
  accessSync(path, constants.R_OK | constants.W_OK)
  const head = firstLineOf(path)
  // Begun and not ended: whoever writes next begins it again.
  if (head === 'torn') return
  if (head === undefined) throw noMirror(path)
  refuseOthers(path, head, mirrored)
}

// Its folder, or the one in which that will be made.
function lookWhereItIsMade(path: string): void {
  const folder = dirname(path)
  if (folder === path) return
  if (lookedAt(folder)) accessSync(folder, constants.W_OK | constants.X_OK)
  else lookWhereItIsMade(folder)
}

function lookedAt(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

function isDenied(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM'
}
