/**
 * The oldest list of builders, a Markdown file kept by hand:
 *
 *     ## Builder 0003: Feature name
 *     - **Branch**: builder/0003-feature-name
 *     - **Port**: 7681
 */
import { readFileSync, statSync } from 'node:fs'
import { type LegacyContext, type LegacyItem, LegacyRows, reject } from './legacy-rows.ts'

// Kept by hand: a larger file is something else.
const MAX_BYTES = 4_000_000
const HEADING = /^#{2,3}\s+Builder\s+([^\s:]+)\s*:?\s*(.*)$/i
const FIELD = /^[-*]\s+\*\*([^*]+?):?\*\*\s*:?\s*(.*)$/

/** The items of the file. */
export function* readBuildersFile(path: string, context: LegacyContext): Generator<LegacyItem> {
  if (statSync(path).size > MAX_BYTES) {
    yield reject('too long for a list of builders', path)
    return
  }
  const rows = new LegacyRows(context)
  for (const builder of sectionsOf(readFileSync(path, 'utf8'))) yield rows.item('builder', builder)
}

function sectionsOf(text: string): Record<string, unknown>[] {
  const sections: Record<string, unknown>[] = []
  // Comments hold the template.
  for (const line of text.replace(/<!--[\s\S]*?(-->|$)/g, '').split(/\r?\n/)) {
    const heading = HEADING.exec(line)
    if (heading) sections.push({ id: heading[1], name: heading[2] || heading[1] })
    else if (/^#/.test(line)) sections.push({})
    const [, label = '', value = ''] = FIELD.exec(line) ?? []
    const section = sections.at(-1)
    if (label !== '' && section) section[nameOf(label)] = fieldOf(label, value.trim())
  }
  return sections.filter((section) => 'id' in section)
}

function nameOf(label: string): string {
  const name = label.trim().toLowerCase()
  return name === 'started' ? 'startedAt' : name
}

function fieldOf(label: string, value: string): unknown {
  if (label.trim().toLowerCase() !== 'port') return value
  return /^\d+$/.test(value) ? Number(value) : 0
}
