/** What the farm shows: the queries of its panels, which the CLI knows by name too. */
import type { QueryPreset } from '../../index.ts'

const BUILDERS = /* sql */ `
  SELECT workspace, id, status, phase, type, port, pid, branch, spawned_by, state,
         strftime('%Y-%m-%dT%H:%M:%SZ', updated_at_ms / 1000, 'unixepoch') AS updated
  FROM farm_builders ORDER BY workspace, started_at_ms`

const AGENTS = /* sql */ `
  SELECT 'architect' AS kind, workspace, id, port, pid, started_at_ms FROM farm_architects
  UNION ALL SELECT 'builder', workspace, id, port, pid, started_at_ms FROM farm_builders
  UNION ALL SELECT 'util', workspace, id, port, pid, started_at_ms FROM farm_utils
  UNION ALL SELECT 'annotation', workspace, id, port, pid, started_at_ms FROM farm_annotations
  ORDER BY workspace, kind, started_at_ms`

// Without the bodies: they may hold what nobody else is to read.
const MAIL = /* sql */ `
  SELECT workspace, recipient, state, count(*) AS messages,
         strftime('%Y-%m-%dT%H:%M:%SZ', min(created_at_ms) / 1000, 'unixepoch') AS oldest
  FROM farm_messages GROUP BY workspace, recipient, state ORDER BY workspace, recipient, state`

const STATUSES = /* sql */ `
  SELECT workspace, status, count(*) AS builders FROM farm_builders
  GROUP BY workspace, status ORDER BY workspace, builders DESC`

/** The farm's panels. */
export const panels: readonly QueryPreset[] = [
  { name: 'farm-agents', summary: 'everything that runs, by workspace', sql: AGENTS },
  { name: 'farm-builders', summary: 'builders with status, port and branch', sql: BUILDERS },
  { name: 'farm-statuses', summary: 'how many builders are in which status', sql: STATUSES },
  { name: 'farm-mail', summary: 'messages by recipient and state', sql: MAIL },
]
