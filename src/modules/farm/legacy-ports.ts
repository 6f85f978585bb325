/** The rows of a `ports.json`: versioned, or the map of entries itself, with and without times. */
import { timeOf } from '../../index.ts'
import { type LegacyItem, numberOf, reject } from './legacy-rows.ts'
import { canonicalWorkspace } from './workspace.ts'

type Fields = Readonly<Record<string, unknown>>

const LAST_PORT = 65_535

/** The items of a parsed file. */
export function* blocksOf(value: unknown): Generator<LegacyItem> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    yield reject('not a registry of ports', value)
    return
  }
  const { entries, version: _, ...unversioned } = value as Fields
  const isVersioned = typeof entries === 'object' && entries !== null && !('basePort' in entries)
  for (const [path, entry] of Object.entries(isVersioned ? entries : unversioned)) {
    yield blockItem(path, (entry ?? {}) as Fields, entry)
  }
}

/** The event of one project's block, whatever its fields are called. */
export function blockItem(path: string, fields: Fields, raw: unknown): LegacyItem {
  const base = numberOf(fields, 'basePort') ?? numberOf(fields, 'base_port')
  if (base === null || base < 1 || base > LAST_PORT) {
    return reject(`no port for ${path}`, { [path]: raw })
  }
  let workspace: string
  try {
    workspace = canonicalWorkspace(path)
  } catch {
    return reject('not the path of a project', { [path]: raw })
  }
  const registeredAtMs = timeOf(fields['registered'] ?? fields['registered_at']) ?? null
  return {
    kind: 'event',
    stream: `farm.block/${workspace}`,
    type: 'farm.block.noted',
    data: {
      workspace,
      base,
      pid: numberOf(fields, 'pid'),
      registeredAtMs,
      lastUsedAtMs: timeOf(fields['lastUsed'] ?? fields['last_used_at']) ?? null,
    },
    ...(registeredAtMs !== null && { occurredAtMs: registeredAtMs }),
  }
}
