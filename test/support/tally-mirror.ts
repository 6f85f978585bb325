/** A store of tallies with a mirror, for processes that write both (`workers/mirror.mjs`). */
import { dirname, join } from 'node:path'
import { openStore } from '../../dist/index.js'
import { asLines, type EventLine } from './mirror-lines.ts'
import { tempStorePath } from './temp-folder.ts'
import { tally } from './workers/tally.mjs'

/** A store's path and its mirror's; neither is there yet. */
export function place(): { path: string; mirror: string } {
  const path = tempStorePath()
  return { path, mirror: join(dirname(path), 'events.jsonl') }
}

/** What a mirror of the store has to say. */
export function logOf(path: string): EventLine[] {
  using store = openStore(path, { tally: tally() }, { mode: 'read' })
  return asLines([...store.log.pages()].flat())
}

/** A task for each of so many writers. */
export function tasksOf<Where extends object, More extends object>(
  writers: number,
  where: Where,
  more: More,
): (Where & More & { name: string })[] {
  return Array.from({ length: writers }, (_, index) => ({ ...where, name: `w${index}`, ...more }))
}
