/**
 * Writes the parts of the documentation that the program itself knows: the help of each command
 * into docs/cli.md, and the tables of a store into docs/schema.md. `--check` writes nothing and
 * fails when they are not current. Needs the built JavaScript.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { READY_MODULES } from '../dist/cli/modules.js'
import { openStore } from '../dist/index.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MAIN = join(ROOT, 'dist/cli/main.js')
const HELP = /(<!-- help: ?(.*?) -->\n```text\n)[\s\S]*?(```\n)/g
const SCHEMA_HEAD = `# The tables of a store

Written by \`node scripts/write-reference.mjs\` from a store that was just made; read
[design/format.md](design/format.md) for what the kernel's tables mean. Tables are for reading: only
the kernel and the projections of modules write them. Columns may be added by any release; what is
here is not taken away or changed without a raised version.
`

const documents = [
  [
    'docs/cli.md',
    (text) => text.replace(HELP, (_, head, name, tail) => head + helpOf(name) + tail),
  ],
  ['docs/schema.md', () => schemaDocument()],
]

process.exitCode = (await main(process.argv.includes('--check'))) ? 0 : 1

async function main(isCheck) {
  let isCurrent = true
  for (const [file, make] of documents) {
    const path = join(ROOT, file)
    const before = readText(path)
    const after = await make(before)
    if (after === before) continue
    isCurrent = false
    if (!isCheck) writeFileSync(path, after)
    process.stdout.write(
      `${file} ${isCheck ? 'is not current: node scripts/write-reference.mjs' : 'written'}\n`,
    )
  }
  return isCurrent || !isCheck
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // docs/schema.md is made anew from nothing.
    return ''
  }
}

function helpOf(command) {
  const args = [MAIN, ...command.split(' ').filter(Boolean), '--help']
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return stdout
}

async function schemaDocument() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-schema-'))
  try {
    const path = join(folder, 'state.db')
    const modules = {}
    for (const [name, { load }] of Object.entries(READY_MODULES)) modules[name] = await load()
    openStore(path, modules).close()
    return SCHEMA_HEAD + sectionsOf(path, Object.keys(modules))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function sectionsOf(path, modules) {
  const Library = createRequire(import.meta.url)('better-sqlite3')
  const database = new Library(path, { readonly: true })
  const objects = database
    .prepare(
      `SELECT tbl_name AS owner, name, sql FROM sqlite_schema
       WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
       ORDER BY tbl_name, type = 'index', name`,
    )
    .all()
  database.close()
  const moduleOf = (table) => modules.find((name) => table === name || table.startsWith(`${name}_`))
  const section = (title, module) => {
    const tables = groupByOwner(objects.filter(({ owner }) => moduleOf(owner) === module))
    const parts = [...tables].map(
      ([table, rows]) =>
        `\n### ${table}\n\n\`\`\`sql\n${rows.map(({ sql }) => `${sql};`).join('\n')}\n\`\`\`\n`,
    )
    return `\n## ${title}\n${parts.join('')}`
  }
  return [
    section('Kernel', undefined),
    ...modules.map((name) => section(`Module ${name}`, name)),
  ].join('')
}

function groupByOwner(objects) {
  const groups = new Map()
  for (const object of objects) {
    groups.set(object.owner, [...(groups.get(object.owner) ?? []), object])
  }
  return groups
}
