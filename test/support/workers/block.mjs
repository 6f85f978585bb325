/** Standing still with the whole thread, as a long computation does: nothing else of it runs. */
import { existsSync } from 'node:fs'

/** For that long. */
export function sleepSync(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Until somebody has made the file: what is kept meanwhile is kept for exactly as long. */
export function blockUntil(file) {
  while (!existsSync(file)) sleepSync(2)
}
