/** The status of a store on one screen, in the order of the questions that people ask. */
import type { OtherStore, StoreStatus } from '../../index.ts'
import { MAX_COUNTED, type PresetFault } from '../faults.ts'
import type { Output } from '../output/output.ts'
import { type Column, formatTable } from '../output/table.ts'
import { formatBytes, formatCount, formatTime, plural } from '../output/units.ts'
import { adviceOn } from './advice.ts'

// A screen has room for the largest types; --json has them all.
const MAX_TYPES = 8
const MAX_LEASES = 8
const LABEL_WIDTH = 10

/** What the screen shows. */
export interface ShownStatus extends StoreStatus {
  readonly others: readonly OtherStore[]
  readonly faults: readonly PresetFault[]
}

/** The lines of the screen. */
export function formatStatus(status: ShownStatus, output: Output): string[] {
  const field = (label: string, text: string) =>
    `${output.style('dim', label.padEnd(LABEL_WIDTH))}${output.data(text)}`
  const lines = [
    `${output.style('bold', output.data(status.path))}`,
    field('chosen', status.why),
    ...status.others.map(({ path, why, isSame }) =>
      field(isSame ? 'is also' : 'beside it', `${path}, ${why}`),
    ),
    field('state', stateOf(status)),
  ]
  if (status.attached) {
    lines.push(
      field('held by', holdersOf(status)),
      field('holds', contentsOf(status)),
      field('size', sizeOf(status)),
      field('SQLite', `${status.sqliteVersion} by ${status.driver}`),
      ...section(modulesOf(status, output)),
      ...section(typesOf(status, output)),
      ...section(leasesOf(status, output)),
      ...section(consumersOf(status, output)),
      ...section(mirrorsOf(status, output)),
    )
  }
  return [...lines, '', ...adviceOn(status).map((text) => `→ ${output.data(text)}`)]
}

function stateOf(status: ShownStatus): string {
  if (!status.attached) return 'there is no store here yet'
  const behind = status.modules.filter(({ behindFrom }) => behindFrom !== null).length
  const { length: quarantined } = status.quarantined
  const { length: unreadable } = status.unreadable
  const faults = [
    ...(unreadable > 0 ? [`${plural(unreadable, 'event')} cannot be read`] : []),
    ...(quarantined > 0 ? [`${plural(quarantined, 'event')} could not be folded`] : []),
    ...(behind > 0 ? [`tables of ${plural(behind, 'module')} wait for their events`] : []),
    ...status.faults.map(({ summary, rows }) => `${summary}: ${countOf(rows)}`),
  ]
  if (faults.length > 0) return faults.join('; ')
  if (status.rejects === 0) return 'nothing wrong is known'
  return `right as far as is known; imports have kept aside ${plural(status.rejects, 'record')}`
}

function countOf(rows: number | null): string {
  if (rows === null) return 'cannot be asked'
  return rows < MAX_COUNTED ? formatCount(rows) : `${formatCount(rows)} or more`
}

function holdersOf({ holder, writerPid }: StoreStatus): string {
  if (holder !== null) return `${holder}, alone (exclusive)`
  return writerPid === null ? 'nobody at the moment' : `process ${writerPid}, writing now`
}

function contentsOf({ events, streams, head }: StoreStatus): string {
  const counts = `${plural(events, 'event')} in ${plural(streams, 'stream')}`
  return `${counts}, the newest is ${formatCount(head)}`
}

function sizeOf({ sizeBytes, walBytes }: StoreStatus): string {
  return `${formatBytes(sizeBytes)} and ${formatBytes(walBytes)} of write-ahead log`
}

function section(lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', ...lines] : []
}

function table(
  output: Output,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string[] {
  return rows.length > 0 ? formatTable(output, columns, rows) : []
}

function modulesOf(status: StoreStatus, output: Output): string[] {
  const columns = [{ title: 'module' }, { title: 'version', isNumber: true }, { title: 'tables' }]
  const rows = status.modules.map(({ name, version, behindFrom }) => {
    if (behindFrom === null) return [name, String(version), 'current']
    return [
      name,
      String(version),
      behindFrom === 0 ? 'to be made anew' : `behind from ${behindFrom}`,
    ]
  })
  return table(output, columns, rows)
}

function typesOf({ types }: StoreStatus, output: Output): string[] {
  const columns = [
    { title: 'what grows' },
    { title: 'events', isNumber: true },
    { title: 'data', isNumber: true },
  ]
  const rows = types
    .slice(0, MAX_TYPES)
    .map(({ type, events, dataBytes }) => [type, formatCount(events), formatBytes(dataBytes)])
  return table(output, columns, rows)
}

function leasesOf({ leases }: StoreStatus, output: Output): string[] {
  const columns = [{ title: 'lease' }, { title: 'owner' }, { title: 'is' }, { title: 'until' }]
  const rows = leases
    .slice(0, MAX_LEASES)
    .map((lease) => [lease.name, lease.owner, lease.liveness, formatTime(lease.expiresAtMs)])
  return table(output, columns, rows)
}

function consumersOf({ consumers, head }: StoreStatus, output: Output): string[] {
  const columns = [{ title: 'consumer' }, { title: 'behind', isNumber: true }]
  const rows = consumers.map(({ consumer, sequence }) => [consumer, formatCount(head - sequence)])
  return table(output, columns, rows)
}

function mirrorsOf({ mirrors, head }: StoreStatus, output: Output): string[] {
  const columns = [
    { title: 'mirror' },
    { title: 'behind', isNumber: true },
    { title: 'changed' },
    { title: 'problem' },
  ]
  const rows = mirrors.map(({ path, sequence, updatedAtMs, problem }) => {
    return [path, formatCount(head - sequence), formatTime(updatedAtMs), problem ?? 'none']
  })
  return table(output, columns, rows)
}
