/**
 * The questions about processes that only the operating system can answer, behind one
 * interface so that every answer can be played in a test.
 *
 * Invariant: a probe never guesses. What it cannot read is an empty string or `undefined`.
 * Facts about this process and this machine are read once per probe, because outside Linux
 * each costs a child process of some milliseconds; the probe belongs to one store.
 */
import { bootId, host, pidNamespace } from './machine.ts'
import { type ProcessSight, sightFromProc, sightFromPs } from './process-start.ts'

/** What the operating system says about processes and about this machine. */
export interface ProcessProbe {
  /** The pid of this process. */
  readonly pid: number
  bootId(): string
  pidNamespace(): string
  host(): string
  /** Asks with signal 0, which reaches nobody. */
  signal(pid: number): SignalAnswer
  /** State and start time of a process; `undefined` when they cannot be read. */
  look(pid: number): ProcessSight | undefined
}

/** What signal 0 says: `not-permitted` means that another user's process has the pid. */
export type SignalAnswer = 'exists' | 'not-permitted' | 'absent'

/** The probe of the running platform. */
export function systemProcessProbe(platform: NodeJS.Platform = process.platform): ProcessProbe {
  const look = once(process.pid, lookOn(platform))
  return {
    pid: process.pid,
    bootId: memoized(() => bootId(platform)),
    pidNamespace: memoized(() => pidNamespace(platform)),
    host: memoized(() => host(platform)),
    signal: signalZero,
    look,
  }
}

/** Asks with signal 0 whether a process has this pid. */
export function signalZero(pid: number): SignalAnswer {
  try {
    process.kill(pid, 0)
    return 'exists'
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ESRCH') return 'absent'
    // EPERM, and whatever else a platform may say: only ESRCH proves that nobody is there.
    return 'not-permitted'
  }
}

function lookOn(platform: NodeJS.Platform): (pid: number) => ProcessSight | undefined {
  if (platform === 'linux') return sightFromProc
  // Asking PowerShell takes a third of a second: on Windows the start time stays unknown.
  if (platform === 'win32') return () => undefined
  return sightFromPs
}

function memoized<T>(read: () => T): () => T {
  let value: { readonly of: T } | undefined
  return () => {
    value ??= { of: read() }
    return value.of
  }
}

// Only the process itself is remembered: it cannot end and be replaced while we ask.
function once(
  ownPid: number,
  look: (pid: number) => ProcessSight | undefined,
): (pid: number) => ProcessSight | undefined {
  const own = memoized(() => look(ownPid))
  return (pid) => (pid === ownPid ? own() : look(pid))
}
