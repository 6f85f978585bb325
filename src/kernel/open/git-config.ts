/**
 * The two settings of a repository's own `config` that say where its files are.
 *
 * Only what git itself writes is understood: sections, `key = value`, quotes, comments and a
 * key alone for true. Includes are not followed, since git never writes these settings there.
 */
import { join } from 'node:path'
import { readSmallFile } from './small-file.ts'

/** Where a repository says that its working tree is. */
export interface GitLayout {
  /** `undefined` where the configuration does not say. */
  readonly isBare: boolean | undefined
  /** As written: absolute, or relative to the git directory. */
  readonly worktree: string | undefined
}

/** Reads `config`, and `config.worktree` where the repository has put the settings there. */
export function readGitLayout(commonDirectory: string): GitLayout {
  const shared = parseGitConfig(readSmallFile(join(commonDirectory, 'config')) ?? '')
  const own = isTrue(shared.get('extensions.worktreeconfig'))
    ? parseGitConfig(readSmallFile(join(commonDirectory, 'config.worktree')) ?? '')
    : new Map<string, string>()
  const value = (key: string) => own.get(key) ?? shared.get(key)
  const bare = value('core.bare')
  return {
    isBare: bare === undefined ? undefined : isTrue(bare),
    worktree: value('core.worktree'),
  }
}

/** The last value of each key, as `section.key` in lower case; subsections are left out. */
export function parseGitConfig(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  let section: string | undefined
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[\s*([A-Za-z0-9.-]+)\s*("(?:[^"\\]|\\.)*")?\s*\]/.exec(line)
    if (header) section = header[2] === undefined ? header[1]?.toLowerCase() : undefined
    const setting = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:=(.*))?$/.exec(
      header ? line.slice(header[0].length) : line,
    )
    const key = setting?.[1]
    if (section !== undefined && key !== undefined) {
      values.set(`${section}.${key.toLowerCase()}`, unquoted(setting?.[2] ?? 'true'))
    }
  }
  return values
}

// A quote keeps spaces and comment signs; a backslash keeps the character after it.
function unquoted(raw: string): string {
  let value = ''
  let isQuoted = false
  let keptLength = 0
  const text = raw.trimStart()
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at)
    if (character === '"') {
      isQuoted = !isQuoted
      keptLength = value.length
      continue
    }
    if (!isQuoted && (character === '#' || character === ';')) break
    if (character === '\\') {
      at += 1
      value += text.charAt(at)
    } else value += character
    if (isQuoted || character.trim() !== '') keptLength = value.length
  }
  return value.slice(0, keptLength)
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(true|yes|on|[1-9]\d*)$/i.test(value)
}
