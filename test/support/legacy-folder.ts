/** A folder of legacy state, made for tests: a module's log, an unknown log, a list, a map. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from './temp-folder.ts'

/** Events that a whole import of {@link legacyFolder} gives. */
export const LEGACY_EVENTS = 9_000 + 3_000 + 500 + 300 + 1

/** Makes the folder. The logs have lines that stand twice. */
export function legacyFolder(): string {
  const folder = join(tempFolder(), 'legacy')
  mkdirSync(folder)
  const lines = (count: number, line: (at: number) => object) =>
    Array.from({ length: count }, (_, at) => `${JSON.stringify(line(at))}\n`).join('')
  writeFileSync(
    join(folder, 'orders.jsonl'),
    lines(9_000, (number) => ({ number, note: 'x'.repeat(200) })),
  )
  writeFileSync(
    join(folder, 'visits.jsonl'),
    lines(3_000, (at) => ({ ts: 1_767_225_600 + (at >> 1), page: 'home' })),
  )
  const tasks = Array.from({ length: 500 }, (_, at) => ({ id: `t${at}`, at }))
  writeFileSync(join(folder, 'tasks.json'), JSON.stringify(tasks))
  const agents = Array.from({ length: 300 }, (_, at) => [`a${at}`, { port: at }] as const)
  writeFileSync(join(folder, 'agents.json'), JSON.stringify(Object.fromEntries(agents)))
  writeFileSync(join(folder, 'settings.json'), JSON.stringify({ theme: 'dark', sizes: [1, 2] }))
  return folder
}
