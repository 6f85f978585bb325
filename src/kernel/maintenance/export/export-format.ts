/**
 * The export: one JSON text a line, so that any tool can read it and a torn file shows.
 *
 *     {"holdfast":"export","format":1,"logId":"…","head":42}
 *     {"table":"streams","row":{"id":1,"name":"tasks.item/t1",…}}      bookkeeping, as stored
 *     {"sequence":1,"stream":"tasks.item/t1","version":1,…,"data":{…}}  every event, as stored
 *     {"holdfast":"end","lines":57,"sha256":"…"}                        of everything above
 *
 * Invariants: values that are not there are left out; `metadata` comes before `data` and `data`
 * last; a name that a row refers to comes before it. Text columns that hold JSON are written as they
 * are stored, so that checksums stay right; one that does not fit on a line is written as a string
 * under `metadataText` or `dataText`. Bytes are `{"$hex":"…"}`.
 */

import { KERNEL_MODULE, KERNEL_TABLES } from '../../migrations/kernel-schema.ts'

/** Raised when an older program could not read what is written. */
export const EXPORT_FORMAT = 1

/** The first line. */
export interface ExportHeader {
  readonly holdfast: 'export'
  readonly format: number
  readonly logId: string
  /** Sequence of the newest event. */
  readonly head: number
}

/** The last line. */
export interface ExportTrailer {
  readonly holdfast: 'end'
  /** Lines before this one. */
  readonly lines: number
  /** SHA-256 of the bytes before this line. */
  readonly sha256: string
}

/** What of a table is not written as it is. */
export interface TableRule {
  /** Columns that belong to this file or this machine and are left out. */
  readonly without?: readonly string[]
  /** Bounds the rows. */
  readonly where?: string
}

const RULES: Readonly<Record<string, TableRule>> = {
  store: { where: "key <> 'logId'" },
  modules: {
    where: `name <> '${KERNEL_MODULE}'`,
    without: ['behind_from', 'holder', 'updated_at_ms'],
  },
  leases: { without: ['owner', 'process', 'ttl_ms', 'expires_at_ms'] },
}

// Events have lines of their own; the others are made anew, do not last, or belong to a machine.
const NOT_EXPORTED: ReadonlySet<string> = new Set([
  'events',
  'migrations',
  'quarantine',
  'live',
  'port_blocks',
  'presence',
])

/**
 * The kernel's tables whose rows are written, in the order in which they were made, so that what
 * is referred to comes first.
 */
export const EXPORTED_TABLES: ReadonlyMap<string, TableRule> = new Map(
  [...KERNEL_TABLES]
    .filter((name) => !NOT_EXPORTED.has(name))
    .map((name) => [name, RULES[name] ?? {}]),
)

/** `recorded_at_ms` as events spell it: `recordedAtMs`. */
export function camelCase(column: string): string {
  return column.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}
