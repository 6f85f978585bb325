/** Bytes to stdout at once, for results that are too large to be queued in memory. */
import { writeSync } from 'node:fs'
import { outputError } from './closed-pipe.ts'

const STDOUT = 1
const WAIT_MS = 2

/** Writes all of `bytes`, waiting for a slow reader; ends the process when the reader has gone. */
export function writeAllToStdout(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(STDOUT, bytes, written)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') process.exit(0)
      if (code !== 'EAGAIN') throw outputError(error as NodeJS.ErrnoException)
      // A pipe that is full: there is nothing else to do until it is read.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS)
    }
  }
}
