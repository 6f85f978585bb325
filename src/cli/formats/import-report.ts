/** What an import did, for people. */
import type { ImportReport, SourceReport } from '../../index.ts'
import type { Output } from '../output/output.ts'
import { formatTable } from '../output/table.ts'
import { formatCount, plural } from '../output/units.ts'

const COLUMNS = [
  { title: 'file' },
  { title: 'into' },
  { title: 'read', isNumber: true },
  { title: 'stored', isNumber: true },
  { title: 'known', isNumber: true },
  { title: 'salvaged', isNumber: true },
  { title: 'rejected', isNumber: true },
]
const MAX_SOURCES = 40

/** The lines: the sources that were read, what failed, and the sum. */
export function formatImportReport(report: ImportReport, output: Output): string[] {
  const read = report.sources.filter(({ outcome }) => outcome === 'imported')
  const unchanged = report.sources.filter(({ outcome }) => outcome === 'unchanged')
  const rows = read.slice(0, MAX_SOURCES).map(rowOf)
  return [
    ...(rows.length > 0 ? [...formatTable(output, COLUMNS, rows), ''] : []),
    ...(read.length > MAX_SOURCES
      ? [`… and ${plural(read.length - MAX_SOURCES, 'file')} more`]
      : []),
    ...report.sources.flatMap((source) => notesOn(source).map((note) => output.data(note))),
    `${plural(report.stored, 'event')} stored from ${plural(read.length, 'file')}; ${formatCount(report.duplicate)} known already, ${plural(unchanged.length, 'file')} unchanged`,
    ...(report.backup === null ? [] : [output.data(`backed up first: ${report.backup}`)]),
    ...(report.kept > 0 ? [`${plural(report.kept, 'row')} kept as changed in the store`] : []),
    ...(report.rejected > 0
      ? [`${plural(report.rejected, 'record')} kept aside: holdfast query --preset rejects`]
      : []),
    ...(report.skippedCount > 0
      ? [`${plural(report.skippedCount, 'file')} passed over: see why with --dry-run`]
      : []),
  ]
}

function rowOf(source: SourceReport): string[] {
  const { read, stored, duplicate, salvaged, rejected } = source
  const into = `${source.becomes}${source.target === null ? '' : ` ${source.target}`}`
  const counts = [read, stored, duplicate, salvaged, rejected].map(formatCount)
  return [source.relativePath, into, ...counts]
}

function notesOn({ relativePath, problem, retiredTo, notRetired }: SourceReport): string[] {
  return [
    ...(problem === null ? [] : [`${relativePath}: ${problem}`]),
    ...(retiredTo === null ? [] : [`${relativePath} is now ${retiredTo}`]),
    ...(notRetired === null ? [] : [`${relativePath} was left where it is: ${notRetired}`]),
  ]
}
