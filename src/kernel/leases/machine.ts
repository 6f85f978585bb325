/**
 * Which machine, which boot of it, and which pid namespace this process lives in.
 *
 * Invariant: a boot id is only used where it is random per boot. `kern.boottime` of macOS and
 * the BSDs is not: it moves whenever the clock is set, and a running owner would then look
 * like one of an earlier boot. Those platforms give `''`, and start times decide alone.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** `sysctl` answers at once or not at all. */
const SYSCTL_TIMEOUT_MS = 2_000
/** Enough to tell machines apart that share a host name; the id itself is not to be published. */
const MACHINE_ID_DIGITS = 8
const BOOT_ID = /^[0-9a-f-]{36}$/

/** The random id of this boot, or `''`. */
export function bootId(platform: NodeJS.Platform): string {
  return normalizedBootId(readBootId(platform))
}

/** The inode of this process's pid namespace on Linux, `'none'` where there is only one. */
export function pidNamespace(platform: NodeJS.Platform): string {
  if (platform !== 'linux') return 'none'
  try {
    return /\[(\d+)\]/.exec(readlinkSync('/proc/self/ns/pid'))?.[1] ?? ''
  } catch {
    return '' // No /proc: two such processes may still be in two namespaces.
  }
}

/** The host name, on Linux with a few digits of a hash of the machine id (`devbox~1f0c3a9b`). */
export function host(platform: NodeJS.Platform): string {
  return hostFrom(hostname(), platform === 'linux' ? machineId() : '')
}

/** Joins host name and machine id; machines called `localhost` must not be taken for one. */
export function hostFrom(name: string, id: string): string {
  if (id === '') return name
  const digits = createHash('sha256').update(`holdfast:${id}`).digest('hex')
  return `${name}~${digits.slice(0, MACHINE_ID_DIGITS)}`
}

/** Accepts a UUID in either case, and nothing else. */
export function normalizedBootId(text: string): string {
  const id = text.trim().toLowerCase()
  return BOOT_ID.test(id) ? id : ''
}

function readBootId(platform: NodeJS.Platform): string {
  try {
    if (platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')
    if (platform !== 'darwin') return ''
    return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], {
      encoding: 'latin1',
      timeout: SYSCTL_TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return '' // Unknown proves nothing; see isProcessAlive.
  }
}

function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'latin1').trim()
  } catch {
    return '' // Many containers have none, and a random host name instead.
  }
}
