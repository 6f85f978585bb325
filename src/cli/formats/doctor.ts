/** What a doctor has found, for people. */
import type { Finding, StorePath } from '../../index.ts'
import type { Output, Style } from '../output/output.ts'
import { formatAge, formatBytes, plural } from '../output/units.ts'

/** A finding, and in which store. */
export interface FoundIn {
  readonly store: string
  readonly finding: Finding
}

/** What `holdfast doctor` has found and done. */
export interface DoctorReport extends StorePath {
  /** False: there is no store there yet. */
  readonly attached: boolean
  readonly driver: string | null
  readonly sqliteVersion: string | null
  readonly node: string
  /** Version of the interface of compiled modules. */
  readonly abi: string
  readonly backups: {
    readonly count: number
    readonly sizeBytes: number
    readonly oldestAtMs: number | null
  }
  /** True when repairs were asked for and done. */
  readonly isDone: boolean
  readonly findings: readonly FoundIn[]
  /** What was done, in the order in which it was. */
  readonly repaired: readonly string[]
}

const STYLES: Readonly<Record<Finding['severity'], Style>> = {
  damage: 'red',
  fault: 'yellow',
  note: 'dim',
}

/** The lines of a report. */
export function formatDoctorReport(
  report: DoctorReport,
  { output, showsRepairs }: { readonly output: Output; readonly showsRepairs: boolean },
): string[] {
  const { path, why, findings, repaired, isDone } = report
  const repairable = findings.filter(({ finding }) => finding.repair !== undefined).length
  return [
    output.data(`${path}, ${why}`),
    `${engineOf(report)}; ${backupsOf(report)}`,
    '',
    ...repaired.map((does) => output.style('green', output.data(`done: ${does}`))),
    ...findings.flatMap((found) => linesOf(found, report, output, showsRepairs && !isDone)),
    findings.length === 0 ? allIsWell(report, output) : countOf(findings),
    ...(showsRepairs && !isDone && repairable > 0
      ? [`${plural(repairable, 'repair')} to do: add --yes`]
      : []),
    ...(!showsRepairs && repairable > 0
      ? [`${repairable} of them can be put right: holdfast doctor --repair`]
      : []),
  ]
}

function allIsWell({ attached }: DoctorReport, output: Output): string {
  return attached ? output.style('green', 'nothing is wrong') : 'there is no store there yet'
}

function linesOf(
  { store, finding }: FoundIn,
  { path }: DoctorReport,
  output: Output,
  showsRepair: boolean,
): string[] {
  const { severity, kind, what, hint, repair } = finding
  const where = store === path ? '' : ` (in ${store})`
  return [
    `${output.style(STYLES[severity], severity.padEnd(6))} ${kind}: ${output.data(what)}${output.data(where)}`,
    `       → ${output.data(hint)}`,
    ...(showsRepair && repair ? [`       repair: ${output.data(repair.does)}`] : []),
  ]
}

function engineOf({ driver, sqliteVersion, node, abi }: DoctorReport): string {
  const engine = driver === null ? 'no store was opened' : `SQLite ${sqliteVersion} by ${driver}`
  return `${engine}, Node ${node} (ABI ${abi})`
}

function backupsOf({ backups: { count, sizeBytes, oldestAtMs } }: DoctorReport): string {
  if (oldestAtMs === null) return 'no backups'
  const age = formatAge(Date.now() - oldestAtMs)
  return `${plural(count, 'backup')}, ${formatBytes(sizeBytes)}, the oldest of ${age} ago`
}

function countOf(findings: readonly FoundIn[]): string {
  const of = (wanted: Finding['severity']) =>
    findings.filter(({ finding }) => finding.severity === wanted).length
  const damage = of('damage')
  return `${damage > 0 ? `damage: ${damage}, ` : ''}${plural(of('fault'), 'fault')}, ${plural(of('note'), 'note')}`
}
