/**
 * What the farm takes over: `state.json` with and without types, `ports.json` in its four shapes,
 * `builders.md`, and the databases `state.db` and `global.db` of any version, told by their columns.
 *
 * Invariant: a row that cannot be taken is one reject and nothing else; what is not said gets an
 * explicit default; a word that no farm knows becomes a known one, and the row's note says which.
 */
import { basename, dirname } from 'node:path'
import { type Importer, type ImportSource, type JsonFileResult, readJsonFile } from '../../index.ts'
import { readLegacyDatabase } from './legacy-database.ts'
import { readBuildersFile } from './legacy-markdown.ts'
import { blocksOf } from './legacy-ports.ts'
import type { LegacyItem } from './legacy-rows.ts'
import { itemsOfState } from './legacy-state.ts'
import { canonicalWorkspace } from './workspace.ts'

const FOLDER = '.agent-farm'

const state: Importer = {
  name: 'state.json',
  format: 'file',
  backsUpFirst: true,
  matches: (source) =>
    /^state([-.].*)?\.json$/.test(source.name) &&
    (isInFolder(source) || /"builders"|"architect"/.test(source.peek())),
  read: (source) =>
    fromJson(source, (value) =>
      itemsOfState(value, { workspace: workspaceOf(source), nowMs: source.modifiedAtMs }),
    ),
}

const ports: Importer = {
  name: 'ports.json',
  format: 'file',
  backsUpFirst: true,
  matches: (source) =>
    /^ports([-.].*)?\.json$/.test(source.name) &&
    (isInFolder(source) || source.peek().includes('"basePort"')),
  read: (source) => fromJson(source, blocksOf),
}

const markdown: Importer = {
  name: 'builders.md',
  format: 'file',
  backsUpFirst: true,
  matches: ({ name }) => /^builders([-.].*)?\.md$/.test(name),
  read: (source) =>
    readBuildersFile(source.path, {
      workspace: workspaceOf(source),
      nowMs: source.modifiedAtMs,
    }),
}

const database: Importer = {
  name: 'database',
  format: 'file',
  backsUpFirst: true,
  matches: (source) => {
    if (!/^(state|global)([-.].*)?\.db([-.]pre-merge.*)?$/.test(source.name)) return false
    const head = source.peek()
    // Of a database that may be in use nothing is read here; its tables decide when it is opened.
    return isInFolder(source) || head === '' || /builders|port_allocations/.test(head)
  },
  read: (source) =>
    readLegacyDatabase(source.path, {
      workspace: workspaceOf(source),
      nowMs: source.modifiedAtMs,
    }),
}

/** The importers of the farm. */
export const importers: readonly Importer[] = [state, ports, markdown, database]

function isInFolder({ path }: ImportSource): boolean {
  return basename(dirname(path)) === FOLDER
}

// The tool kept its files in a folder of the project; a file elsewhere speaks for its own folder.
function workspaceOf(source: ImportSource): string {
  const folder = dirname(source.path)
  return canonicalWorkspace(isInFolder(source) ? dirname(folder) : folder)
}

function* fromJson(
  { path }: ImportSource,
  itemsOf: (value: unknown) => Iterable<LegacyItem>,
): Generator<LegacyItem> {
  const result: JsonFileResult = readJsonFile(path)
  const rejects = result.kind === 'value' ? result.rejects : [result]
  if (result.kind === 'value') {
    const { salvaged } = result
    for (const item of itemsOf(result.value)) {
      yield item.kind === 'event' ? { ...item, salvaged } : item
    }
  }
  for (const { reason, line, raw, rawBase64 } of rejects) {
    yield { kind: 'reject', reason, line, raw, rawBase64 }
  }
}
