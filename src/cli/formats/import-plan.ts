/** What an import would do, for people. */
import type { ImportPlan, PlannedImport } from '../../index.ts'
import type { Output } from '../output/output.ts'
import { formatTable } from '../output/table.ts'
import { formatBytes, plural } from '../output/units.ts'

const COLUMNS = [
  { title: 'file' },
  { title: 'size', isNumber: true },
  { title: 'is' },
  { title: 'becomes' },
  { title: 'because' },
]
const MAX_SKIPPED = 20

/** The lines: each file with the reason, then how to have it otherwise, then what is passed over. */
export function formatImportPlan(plan: ImportPlan, output: Output): string[] {
  const { sources, skipped, skippedCount } = plan
  const example = sources.flatMap(({ override }) => Object.entries(override))[0]
  return [
    ...formatTable(output, COLUMNS, sources.map(rowOf)),
    '',
    `${plural(sources.length, 'file')} to import; nothing was written`,
    ...(example
      ? [
          output.data(
            `to take one otherwise: --as ${example[0]}=${example[1]}; to leave one out: =skip`,
          ),
        ]
      : []),
    ...plan.unusedAs.map((pattern) => output.data(`no file fits --as ${pattern}`)),
    ...(skippedCount > 0 ? ['', `${plural(skippedCount, 'file')} passed over:`] : []),
    ...skipped.slice(0, MAX_SKIPPED).map(({ path, why }) => output.data(`  ${path}: ${why}`)),
    ...(skippedCount > MAX_SKIPPED ? ['  … see all with --json'] : []),
  ]
}

function rowOf({
  relativePath,
  sizeBytes,
  state,
  becomes,
  target,
  key,
  why,
}: PlannedImport): string[] {
  const name = target === null ? '' : ` ${target}`
  const named = key === null ? '' : ` by ${key}`
  return [relativePath, formatBytes(sizeBytes), state, `${becomes}${name}${named}`, why]
}
