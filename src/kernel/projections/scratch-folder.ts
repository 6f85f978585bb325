/** Folders for scratch files, and the removal of those whose process was killed. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const NAME = /^holdfast-scratch-(\d+)-/
// A full temporary folder must not make a proof slow.
const MAX_REMOVED = 20

/** Makes a folder for this process's scratch file. */
export function makeScratchFolder(parent: string = tmpdir()): string {
  removeAbandoned(parent)
  return mkdtempSync(join(parent, `holdfast-scratch-${process.pid}-`))
}

function removeAbandoned(parent: string): void {
  const abandoned = readdirSync(parent).filter((name) => {
    const pid = Number(NAME.exec(name)?.[1])
    return pid > 0 && !isRunning(pid)
  })
  for (const name of abandoned.slice(0, MAX_REMOVED)) {
    rmSync(join(parent, name), { recursive: true, force: true })
  }
}

// A pid that was given to another process keeps a folder a while longer, no more.
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
