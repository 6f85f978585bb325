/** What `verify` found, for people. */
import type { VerifyReport } from '../../index.ts'
import type { Output } from '../output/output.ts'
import { plural } from '../output/units.ts'

/** The lines of a report: the verdict first. */
export function formatVerifyReport(report: VerifyReport, output: Output): string[] {
  const { ok, events, rows, problems, truncated, modulesNotChecked } = report
  const checked = `${plural(events, 'event')} and ${plural(rows, 'row')} checked`
  const verdict = ok
    ? output.style('green', `right: ${checked}`)
    : output.style('red', `damaged: ${plural(problems.length, 'problem')}, ${checked}`)
  return [
    verdict,
    ...problems.map(({ kind, what }) => `  ${output.data(`${kind}: ${what}`)}`),
    ...(truncated ? ['  … and more'] : []),
    ...modulesNotChecked.map(({ module, reason }) =>
      output.style('yellow', output.data(`not checked: module '${module}', ${reason}`)),
    ),
  ]
}
