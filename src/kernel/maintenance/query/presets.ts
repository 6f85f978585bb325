/** Questions that every store can answer, by name. */
import { STORED_BYTES } from '../../log/stored-body.ts'

/** A query with a name; modules bring their own. */
export interface QueryPreset {
  readonly name: string
  /** What it answers, in one line. */
  readonly summary: string
  readonly sql: string
  /** True where each row is something to be put right: `holdfast status` says how many there are. */
  readonly isFault?: boolean
  /** Values of its parameters unless the caller gives others. */
  readonly parameters?: Readonly<Record<string, string | number>>
}

const TYPES = /* sql */ `
  SELECT event_types.name AS type, count(*) AS events, sum(${STORED_BYTES}) AS data_bytes,
         strftime('%Y-%m-%dT%H:%M:%fZ', max(recorded_at_ms) / 1000.0, 'unixepoch') AS newest
  FROM events JOIN event_types ON event_types.id = events.type_id
  GROUP BY events.type_id ORDER BY events DESC, type`

const STREAMS = /* sql */ `
  SELECT streams.name AS stream, count(*) AS events, max(events.version) AS version,
         strftime('%Y-%m-%dT%H:%M:%fZ', max(recorded_at_ms) / 1000.0, 'unixepoch') AS newest
  FROM events JOIN streams ON streams.id = events.stream_id
  GROUP BY events.stream_id ORDER BY max(events.sequence) DESC`

const IMPORTS = /* sql */ `
  SELECT path, format, target, is_complete AS complete, read_count AS read, stored_count AS stored,
         salvaged_count AS salvaged, duplicate_count AS duplicate, rejected_count AS rejected,
         strftime('%Y-%m-%dT%H:%M:%fZ', updated_at_ms / 1000.0, 'unixepoch') AS updated
  FROM imports ORDER BY id`

const REJECTS = /* sql */ `
  SELECT imports.path, rejects.line, rejects.reason,
         substr(CAST(rejects.raw AS TEXT), 1, :characters) AS raw
  FROM rejects JOIN imports ON imports.id = rejects.import_id
  ORDER BY rejects.id DESC`

/** The kernel's own presets. */
export const KERNEL_PRESETS: readonly QueryPreset[] = [
  { name: 'types', summary: 'events and bytes of each event type', sql: TYPES },
  { name: 'streams', summary: 'streams, the last changed first', sql: STREAMS },
  { name: 'imports', summary: 'what was imported from where, with counts', sql: IMPORTS },
  {
    name: 'rejects',
    summary: 'records that could not be imported, with reason and beginning',
    sql: REJECTS,
    parameters: { characters: 200 },
  },
]
