/** `holdfast tail | head` is no failure: when the reader has gone, there is nothing left to do. */

/** Ends the process with success once stdout has nobody to read it. */
export function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listeners('error').includes(onError)) continue
    stream.on('error', onError)
  }
}

function onError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
}
