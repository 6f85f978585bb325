/** What an import did, for people. */
import type { ImportReport, SkippedFile, SourceReport } from '../../index.ts'
import type { Output } from '../output/output.ts'
import { formatTable } from '../output/table.ts'
import { formatCount, plural } from '../output/units.ts'

// Names last: where a line is too long for the terminal, no number is cut off.
const COLUMNS = [
  { title: 'read', isNumber: true },
  { title: 'stored', isNumber: true },
  { title: 'known', isNumber: true },
  { title: 'kept', isNumber: true },
  { title: 'rejected', isNumber: true },
  { title: 'salvaged', isNumber: true },
  { title: 'file' },
  { title: 'into' },
]
const MAX_SOURCES = 40
const MAX_UNREAD = 10
const REJECTS = 'holdfast query --preset rejects'
const LOOKS_LIKE_JSON = /\.(json|jsonl|ndjson)\b/i
/** Reasons that ask for nothing. */
const EXPECTED =
  /^(as asked|a backup|empty|nothing in it yet|written by Holdfast|the store itself)$/

/** The lines: the sources that were read, what failed, and the sum. */
export function formatImportReport(report: ImportReport, output: Output): string[] {
  const read = report.sources.filter(({ outcome }) => outcome === 'imported')
  const unchanged = report.sources.filter(({ outcome }) => outcome === 'unchanged')
  const rows = read.toSorted(byTrouble).slice(0, MAX_SOURCES).map(rowOf)
  return [
    ...(rows.length > 0 ? formatTable(output, COLUMNS, rows) : []),
    ...(read.length > MAX_SOURCES
      ? [`… and ${plural(read.length - MAX_SOURCES, 'file')} more: all with --json`]
      : []),
    ...(rows.length > 0 ? [''] : []),
    ...report.sources.flatMap((source) => notesOn(source).map((note) => output.data(note))),
    `${plural(report.stored, 'event')} stored from ${plural(read.length, 'file')}; ${formatCount(report.duplicate)} known already, ${plural(unchanged.length, 'file')} unchanged`,
    ...(report.backup === null ? [] : [output.data(`backed up first: ${report.backup}`)]),
    ...(report.kept > 0
      ? [`${plural(report.kept, 'row')} of the store kept, the file’s set aside: ${REJECTS}`]
      : []),
    ...(report.rejected > 0 ? [`${plural(report.rejected, 'record')} set aside: ${REJECTS}`] : []),
    ...report.unusedAs.map((pattern) => output.data(`no file fits --as ${pattern}`)),
    ...unreadLines(report.skipped, output),
    ...(report.skippedCount > 0
      ? [`${plural(report.skippedCount, 'file')} passed over: see why with --dry-run`]
      : []),
  ]
}

// Those that somebody may have to look at first: there may be more files than there is room.
function byTrouble(a: SourceReport, b: SourceReport): number {
  return Number(isTrouble(b)) - Number(isTrouble(a))
}

function isTrouble({ rejected, kept }: SourceReport): boolean {
  return rejected + kept > 0
}

// What looks as if it should have been read.
function unreadLines(skipped: readonly SkippedFile[], output: Output): string[] {
  const unread = skipped.filter(({ path, why }) => {
    return (LOOKS_LIKE_JSON.test(path) || why.startsWith('looks like JSON')) && !EXPECTED.test(why)
  })
  const more = unread.length - MAX_UNREAD
  return [
    ...unread.slice(0, MAX_UNREAD).map(({ path, why }) => output.data(`not read: ${path}: ${why}`)),
    ...(more > 0 ? [`… and ${plural(more, 'file')} more`] : []),
  ]
}

function rowOf(source: SourceReport): string[] {
  const { read, stored, duplicate, kept, rejected, salvaged } = source
  const into = `${source.becomes}${source.target === null ? '' : ` ${source.target}`}`
  const counts = [read, stored, duplicate, kept, rejected, salvaged].map(formatCount)
  return [...counts, source.relativePath, into]
}

function notesOn({ relativePath, problem, retiredTo, notRetired }: SourceReport): string[] {
  return [
    ...(problem === null ? [] : [`${relativePath}: ${problem}`]),
    ...(retiredTo === null ? [] : [`${relativePath} is now ${retiredTo}`]),
    ...(notRetired === null ? [] : [`${relativePath} was left where it is: ${notRetired}`]),
  ]
}
