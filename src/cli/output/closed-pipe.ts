/**
 * What becomes of the program when its output goes nowhere. `holdfast tail | head` is no failure: when
 * the reader has gone, there is nothing left to do. A full disk is one, told as any other.
 */
import { StoreError } from '../../index.ts'
import { EXIT_CODES, failureOf, writeFailure } from '../failures.ts'

/** Ends the process once stdout has nobody to read it, or cannot take what is written. */
export function endOnOutputError(isJson: boolean): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error')
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT_CODES.done)
      // Of what stderr refuses nobody can be told.
      if (stream === process.stdout) writeFailure(failureOf(outputError(error)), isJson)
      process.exit(EXIT_CODES.failed)
    })
  }
}

/** The error of standard output, in the words of the closed list. */
export function outputError(cause: NodeJS.ErrnoException): StoreError {
  const isFull = cause.code === 'ENOSPC' || cause.code === 'EDQUOT'
  return new StoreError(
    isFull ? 'DISK_FULL' : 'IO',
    `standard output cannot be written: ${cause.code ?? cause.message}`,
    { ...(isFull ? { hint: 'free some space, or write to another disk' } : {}), cause },
  )
}
