/**
 * When a process started and whether it is a zombie, from `/proc` on Linux and `ps` elsewhere.
 *
 * A pid is reused, on a busy machine within minutes; the pair of pid and start time is not.
 * The value is only ever compared for equality with one read in the same way, so it must not
 * depend on the reader: not on its locale, its time zone or a clock that was set since.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'

/** What can be seen of a process from outside. */
export interface ProcessSight {
  /** Linux: clock ticks since boot. Elsewhere: epoch seconds. Empty when unreadable. */
  readonly startTime: string
  /** It has ended and only waits for its parent to take note: it owns nothing any more. */
  readonly isZombie: boolean
}

/** `ps` answers in milliseconds; a machine that needs longer gets "cannot tell". */
const PS_TIMEOUT_MS = 2_000
// Strict, because Date.parse finds a date in almost any text that has a number in it.
const PS_LINE = /^\s*([A-Z]\S*)\s+[A-Z][a-z]{2} +([A-Z][a-z]{2} +\d+ +\d\d:\d\d:\d\d +\d{4})\s*$/

/** Reads `/proc/<pid>/stat`; `undefined` when it is gone, hidden, or of another namespace. */
export function sightFromProc(pid: number): ProcessSight | undefined {
  try {
    // A container may see the host's /proc, where our own pid names somebody else.
    if (readlinkSync('/proc/self') !== String(process.pid)) return undefined
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return undefined // The caller tells "ended" from "hidden" with signal 0.
  }
}

/**
 * Parses one line of `/proc/<pid>/stat` (proc(5)). Field 2 is the program's name in
 * parentheses, and a program may call itself `a) R 1 (b`: only the last `)` ends it.
 */
export function parseProcStat(line: string): ProcessSight | undefined {
  const afterName = line.lastIndexOf(')')
  if (afterName < 0) return undefined
  const fields = line
    .slice(afterName + 1)
    .trim()
    .split(/\s+/)
  const state = fields[0] // Field 3.
  const startTime = fields[19] // Field 22.
  if (state === undefined || startTime === undefined || !/^\d+$/.test(startTime)) return undefined
  return { startTime, isZombie: state === 'Z' || state === 'X' }
}

/** Asks `ps`; `undefined` when there is no such process or no answer in time. */
export function sightFromPs(pid: number): ProcessSight | undefined {
  try {
    const output = execFileSync('/bin/ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], {
      encoding: 'latin1',
      timeout: PS_TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
      // Two readers in different zones or languages must read the same start time.
      env: { LC_ALL: 'C', TZ: 'UTC' },
    })
    return parsePs(output)
  } catch {
    return undefined // As in sightFromProc.
  }
}

/** Parses `Ss   Mon Jan  5 09:07:01 2026`, printed in the C locale and UTC. */
export function parsePs(output: string): ProcessSight | undefined {
  const [, state, started] = PS_LINE.exec(output) ?? []
  if (state === undefined || started === undefined) return undefined
  const startedMs = Date.parse(`${started} UTC`)
  if (Number.isNaN(startedMs)) return undefined
  return { startTime: String(startedMs / 1_000), isZombie: state.startsWith('Z') }
}
