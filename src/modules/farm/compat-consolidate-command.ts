/** `db consolidate` as it speaks. */
import { existsSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { consolidate, planConsolidation } from './compat-consolidate.ts'
import { say, warn } from './compat-say.ts'

/** Prints what consolidating would give, or does it; `given` may be the project that has the file. */
export function showConsolidation(given: string, path: string, apply: boolean): void {
  const isFolder = statSync(given, { throwIfNoEntry: false })?.isDirectory() === true
  const source = isFolder ? join(given, '.agent-farm', 'state.db') : given
  if (!existsSync(source)) {
    say(`Nothing to consolidate — no state.db at ${source} (already migrated?).`)
    return
  }
  say(`Consolidate (${apply ? 'apply' : 'dry-run'})\nSource: ${source}\nTarget: ${path}`)
  const found = (apply ? consolidate : planConsolidation)({ source, path })
  for (const { table, added, replaced, skipped } of found.tables) {
    say(`  ${table}: ${added} new, ${replaced} newer (replace), ${skipped} older (skip)`)
  }
  if (found.rejected > 0) warn(`[warn] ${found.rejected} rows cannot be taken over; they are kept.`)
  if (!apply) {
    say('Dry-run only. Re-run with --apply to migrate and rename the source.')
    return
  }
  const rows = found.tables.reduce((sum, { added, replaced }) => sum + added + replaced, 0)
  if (found.backup) say(`[info] Backup written to ${found.backup}`)
  say(`[ok] Migrated ${rows} row(s) into ${basename(path)}.`)
  if (found.retiredTo) say(`[info] The source is now ${found.retiredTo}`)
  else warn(`[warn] The source stays where it is: ${found.notRetired}`)
}
