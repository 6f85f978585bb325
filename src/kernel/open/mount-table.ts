/**
 * What is mounted where: `/proc/self/mountinfo` on Linux, the output of `mount` elsewhere.
 *
 * Read only when the number from statfs(2) does not decide. A table that cannot be read is
 * empty; who asks then knows that it does not know.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** One mounted file system. */
export interface Mount {
  /** The folder that it is mounted on. */
  readonly folder: string
  readonly type: string
}

/** A server that does not answer must not hang every command of a tool. */
const MOUNT_TIMEOUT_MS = 2_000

/** The mounts that this process sees, oldest first. */
export function mountTable(platform: NodeJS.Platform): readonly Mount[] {
  try {
    if (platform === 'linux') return parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'))
    return parseMountOutput(
      execFileSync('/sbin/mount', [], {
        encoding: 'utf8',
        timeout: MOUNT_TIMEOUT_MS,
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { LC_ALL: 'C' },
      }),
    )
  } catch {
    return []
  }
}

/** The mount that a physical path lies on: the longest folder, of two equal ones the later. */
export function mountFor(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined
  for (const mount of mounts) {
    const holds =
      mount.folder === '/' || path === mount.folder || path.startsWith(`${mount.folder}/`)
    if (holds && mount.folder.length >= (best?.folder.length ?? 0)) best = mount
  }
  return best
}

/** Parses mountinfo (proc(5)): the folder is field 5, the type follows a lone hyphen. */
export function parseMountInfo(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ')
    const folder = fields[4]
    const type = fields[fields.indexOf('-', 6) + 1]
    if (folder === undefined || type === undefined || !fields.includes('-', 6)) return []
    return [{ folder: unescaped(folder), type: unescaped(type) }]
  })
}

/** Parses lines of `mount` as macOS and the BSDs print them: `dev on /folder (type, …)`. */
export function parseMountOutput(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [, folder, type] = /^.*? on (\/.*) \(([^,()]+)[^()]*\)$/.exec(line) ?? []
    return folder === undefined || type === undefined ? [] : [{ folder, type }]
  })
}

// The kernel writes space, tab, newline and backslash as three octal digits.
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}
