/**
 * Names the process that holds a store's write lock, for error messages and `status`.
 *
 * SQLite takes the WAL write lock as a POSIX lock on byte 120 of the `-shm` file
 * (sqlite.org/walformat.html §2.3.1), and Linux lists such locks in /proc/locks. Asking there costs
 * the holder nothing; a holder row would cost every transaction a page.
 */
import { readFileSync, statSync } from 'node:fs'

const WRITE_LOCK_BYTE = 120
const COMMAND_LENGTH = 80

/** The process id of the holder, or `undefined` where the system does not tell. */
export function lockHolderPid(path: string): number | undefined {
  try {
    const inode = statSync(`${path}-shm`).ino
    for (const line of readFileSync('/proc/locks', 'utf8').split('\n')) {
      // "1: POSIX  ADVISORY  WRITE 2644 fe:00:1837 120 120"
      const [, kind, , mode, pid, file, first, last] = line.trim().split(/\s+/)
      if (kind !== 'POSIX' || mode !== 'WRITE' || !file?.endsWith(`:${inode}`)) continue
      if (Number(first) <= WRITE_LOCK_BYTE && Number(last) >= WRITE_LOCK_BYTE) return Number(pid)
    }
  } catch {
    // Not Linux, or the file is gone: the holder stays unnamed, which only shortens a message.
  }
  return undefined
}

/** The holder in words: its pid and command where the system tells them. */
export function describeLockHolder(path: string): string {
  const pid = lockHolderPid(path)
  // Zero or less: a process of another pid namespace.
  if (pid === undefined || pid <= 0) return 'another process'
  if (pid === process.pid) return `this process (pid ${pid}), by another connection`
  return `process ${pid}${commandOf(pid)}`
}

function commandOf(pid: number): string {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    return command === '' ? '' : ` (${command.slice(0, COMMAND_LENGTH)})`
  } catch {
    // It has ended meanwhile.
    return ''
  }
}
