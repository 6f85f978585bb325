/** What the farm shows: the tables of its page, and queries that the CLI knows by name. */
import type { Panel, PanelRow, QueryPreset } from '../../index.ts'
import type { Farm, FarmProcess } from './farm.ts'
import type { Architect, Builder, FarmKind } from './types.ts'

// That a process has ended is told by no commit.
const LOOK_EVERY_MS = 5000

/** The tables of the farm's page. */
export const PANELS: readonly Panel<Farm>[] = [
  {
    ...{ name: 'architects', title: 'Architects', everyMs: LOOK_EVERY_MS },
    rows: (farm) =>
      of(farm, 'architect').map((process) => ({
        ...begin(process),
        cmd: (process.row as Architect).cmd,
        session: (process.row as Architect).sessionId,
        ...end(process),
      })),
  },
  {
    ...{ name: 'builders', title: 'Builders', everyMs: LOOK_EVERY_MS },
    rows: (farm) => {
      const held = heldMail(farm)
      return of(farm, 'builder').map((process) => {
        const { phase, type, branch, spawnedBy } = process.row as Builder
        const mail = held.get(JSON.stringify([process.row.workspace, process.row.id])) ?? 0
        return {
          ...begin(process),
          ...{ status: process.status, phase, type, branch, 'spawned by': spawnedBy, mail },
          ...end(process),
        }
      })
    },
  },
  {
    ...{ name: 'ports', title: 'Ports in use', everyMs: LOOK_EVERY_MS },
    rows: (farm) =>
      farm
        .processes()
        .filter(({ row }) => row.port > 0)
        .sort((a, b) => a.row.port - b.row.port)
        .map(({ kind, row, liveness }) => ({
          ...{ port: row.port, kind, id: row.id, process: liveness, workspace: row.workspace },
        })),
  },
  {
    // Without the texts: they may hold what nobody else is to read.
    ...{ name: 'mail', title: 'Held mail' },
    rows: (farm) =>
      farm.workspaces().flatMap((workspace) =>
        farm
          .in(workspace)
          .mail.waiting()
          .map(({ agent, held, oldestAtMs }) => ({
            agent,
            held,
            oldest: time(oldestAtMs),
            workspace,
          })),
      ),
  },
  {
    ...{ name: 'stale', title: 'To be settled', everyMs: LOOK_EVERY_MS },
    rows: (farm) => farm.diagnose().map(({ kind, what, hint }) => ({ kind, what, hint })),
  },
]

function of(farm: Farm, wanted: FarmKind): FarmProcess[] {
  return farm.processes().filter(({ kind }) => kind === wanted)
}

function begin({ row, liveness }: FarmProcess): PanelRow {
  return { id: row.id, process: liveness, pid: row.pid, port: row.port > 0 ? row.port : null }
}

function end({ row }: FarmProcess): PanelRow {
  return { started: time(row.startedAtMs), workspace: row.workspace }
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}

function heldMail(farm: Farm): Map<string, number> {
  const held = farm.workspaces().flatMap((workspace) =>
    farm
      .in(workspace)
      .mail.waiting()
      .map((mail): [string, number] => [JSON.stringify([workspace, mail.agent]), mail.held]),
  )
  return new Map(held)
}

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

/** Questions about the farm by name. */
export const FARM_PRESETS: readonly QueryPreset[] = [
  { name: 'farm-agents', summary: 'everything that runs, by workspace', sql: AGENTS },
  { name: 'farm-builders', summary: 'builders with status, port and branch', sql: BUILDERS },
  { name: 'farm-statuses', summary: 'how many builders are in which status', sql: STATUSES },
  { name: 'farm-mail', summary: 'messages by recipient and state', sql: MAIL },
]
