/** Ctrl-C and its like, for commands that run until they are told to end. */

/** A signal that is aborted when the process is asked to end. */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort())
  }
  return controller.signal
}
