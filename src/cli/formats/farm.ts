/** The farm as tables for people. */
import type { PortBlockStatus, PortReaping } from '../../index.ts'
import type { Builder, FarmProcess, FarmReaping, Message } from '../../modules/farm/index.ts'
import type { Output } from '../output/output.ts'
import { formatTable } from '../output/table.ts'
import { formatTime, plural } from '../output/units.ts'

const PROCESSES = [
  { title: 'kind' },
  { title: 'id' },
  { title: 'status' },
  { title: 'process' },
  { title: 'pid', isNumber: true },
  { title: 'port', isNumber: true },
  { title: 'branch' },
  { title: 'started' },
  { title: 'workspace' },
]
const PORTS = [
  { title: 'ports' },
  { title: 'state' },
  { title: 'process' },
  { title: 'used' },
  { title: 'project' },
]
const MAIL = [
  { title: 'to' },
  { title: 'from' },
  { title: 'state' },
  { title: 'why' },
  { title: 'sent' },
  { title: 'not before' },
  { title: 'text' },
  { title: 'workspace' },
]
const REAPED = [{ title: 'what' }, { title: 'done to it' }, { title: 'because' }, { title: 'of' }]

/** Everything that runs, or ran. */
export function formatProcesses(output: Output, processes: readonly FarmProcess[]): string[] {
  if (processes.length === 0) return ['nothing runs in any workspace']
  const rows = processes.map(({ kind, row, status, liveness }) => [
    kind,
    row.id,
    status,
    liveness === 'none' ? '' : liveness,
    row.pid === null ? '' : String(row.pid),
    row.port > 0 ? String(row.port) : '',
    (row as Partial<Builder>).branch ?? '',
    formatTime(row.startedAtMs),
    row.workspace,
  ])
  return formatTable(output, PROCESSES, rows)
}

/** The port blocks of the machine. */
export function formatPorts(output: Output, blocks: readonly PortBlockStatus[]): string[] {
  if (blocks.length === 0) return ['no port blocks are given']
  const rows = blocks.map(({ base, size, state, liveness, lastUsedAtMs, key, pathExists }) => [
    `${base}-${base + size - 1}`,
    state,
    liveness === 'none' ? '' : liveness,
    formatTime(lastUsedAtMs),
    pathExists === false ? `${key} (missing)` : key,
  ])
  return formatTable(output, PORTS, rows)
}

/** Messages. */
export function formatMail(output: Output, messages: readonly Message[]): string[] {
  if (messages.length === 0) return ['no mail']
  const rows = messages.map((message) => [
    message.to,
    message.from ?? '',
    message.state,
    message.reason ?? '',
    formatTime(message.createdAtMs),
    message.notBeforeMs === null ? '' : formatTime(message.notBeforeMs),
    message.body,
    message.workspace,
  ])
  return formatTable(output, MAIL, rows)
}

/** What was settled, or would be. */
export function formatReapings(
  output: Output,
  {
    isDone,
    rows,
    ports,
  }: {
    readonly isDone: boolean
    readonly rows: readonly FarmReaping[]
    readonly ports: readonly PortReaping[]
  },
): string[] {
  const cells = [
    ...rows.map(({ kind, id, action, reason, workspace }) => [
      `${kind} ${id}`,
      action,
      reason,
      workspace,
    ]),
    ...ports.map(({ base, action, reason, key }) => [`ports from ${base}`, action, reason, key]),
  ]
  const total = `${plural(cells.length, 'thing')} ${isDone ? 'settled' : 'to settle'}`
  return cells.length === 0 ? [total] : [...formatTable(output, REAPED, cells), total]
}
