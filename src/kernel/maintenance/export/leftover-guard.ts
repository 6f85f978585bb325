/**
 * A process that removes unfinished files when this one ends before they are done. A handler of signals
 * could not: they are delivered between two turns of the event loop, and an export is one turn.
 *
 * Invariant: it acts on the end of this process alone, which it learns from the end of its input; whoever
 * is done ends the guard first.
 */
import { spawn } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

// Beside source files where the runtime takes types away by itself, beside built ones elsewhere.
const SCRIPT = new URL(`./leftover-child${extname(import.meta.url)}`, import.meta.url)

/** Where the files are: beside each other in a folder, or anywhere below it. */
export interface GuardedPlace {
  readonly folder: string
  readonly isDeep: boolean
}

/** Starts a guard of files with `own` in their names; call what it gives when they are done. */
export function guardUnfinished({ folder, isDeep }: GuardedPlace, own: string): () => void {
  const options = [fileURLToPath(SCRIPT), folder, own, isDeep ? 'deep' : 'flat']
  const child = spawn(process.execPath, options, {
    // In a group of its own: Ctrl-C reaches everything in the terminal's.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
  })
  // Without it the next export to the same place removes what is left.
  child.once('error', () => undefined)
  child.stdin.once('error', () => undefined)
  child.unref()
  return () => void child.kill('SIGKILL')
}
