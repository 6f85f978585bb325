/**
 * What becomes of the program when its output goes nowhere. `holdfast tail | head` is no failure: when
 * the reader has gone, there is nothing left to do. A full disk is one, told as any other.
 */
import { StoreError } from '../../index.ts'
import { EXIT_CODES, failureOf, writeFailure } from '../failures.ts'

// How the last command that was run wants its failures told.
let isJson = false

/** Ends the process once stdout has nobody to read it, or cannot take what is written. */
export function endOnOutputError(isFailureJson: boolean): void {
  isJson = isFailureJson
  for (const [stream, listener] of LISTENERS) {
    // A tool that runs several commands has listeners of its own.
    if (!stream.listeners('error').includes(listener)) stream.on('error', listener)
  }
}

type Listener = (error: NodeJS.ErrnoException) => void

const endOnStdoutError: Listener = (error) => {
  if (error.code === 'EPIPE') process.exit(EXIT_CODES.done)
  writeFailure(failureOf(outputError(error)), isJson)
  process.exit(EXIT_CODES.failed)
}

// Of what stderr refuses nobody can be told.
const endOnStderrError: Listener = (error) => {
  process.exit(error.code === 'EPIPE' ? EXIT_CODES.done : EXIT_CODES.failed)
}

const LISTENERS = [
  [process.stdout, endOnStdoutError],
  [process.stderr, endOnStderrError],
] as const

/** The error of standard output, in the words of the closed list. */
export function outputError(cause: NodeJS.ErrnoException): StoreError {
  const isFull = cause.code === 'ENOSPC' || cause.code === 'EDQUOT'
  return new StoreError(
    isFull ? 'DISK_FULL' : 'IO',
    `standard output cannot be written: ${cause.code ?? cause.message}`,
    { ...(isFull ? { hint: 'free some space, or write to another disk' } : {}), cause },
  )
}
