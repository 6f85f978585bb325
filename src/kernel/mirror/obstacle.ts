/** What a mirror's path shows of what keeps it from being written, for who does not write it himself. */
import { accessSync, constants, statSync } from 'node:fs'
import { mirrorFailure } from './failure.ts'
import { firstLineOf } from './siblings.ts'
import { type MirroredStore, noFile, noMirror, refuseOthers, refuseOwnFile } from './whose-file.ts'

/** A sentence; `null` where nothing is to be seen, and for a file that will be made. */
export function obstacleAt(path: string, mirrored: MirroredStore): string | null {
  try {
    look(path, mirrored)
    return null
  } catch (error) {
    return (mirrorFailure(path, error) as Error).message
  }
}

function look(path: string, mirrored: MirroredStore): void {
  refuseOwnFile(path, mirrored.store)
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) return
  if (!stats.isFile()) throw noFile(path)
  accessSync(path, constants.R_OK | constants.W_OK)
  const head = firstLineOf(path)
  // Begun and not ended: whoever writes next begins it again.
  if (head === 'torn') return
  if (head === undefined) throw noMirror(path)
  refuseOthers(path, head, mirrored)
}
