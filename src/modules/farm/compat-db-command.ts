/** `db dump|query|reset|stats|consolidate`, to be mounted in a tool's own command line. */
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { isStoreError, openStore } from '../../index.ts'
import { showConsolidation } from './compat-consolidate-command.ts'
import { asObjects, FORMATS, type Format, formatRows } from './compat-format.ts'
import { GLOBAL_TABLES, LOCAL_TABLES, PrintableQueries } from './compat-query.ts'
import { resetFarm } from './compat-reset.ts'
import { fail, guarded, say, warn } from './compat-say.ts'
import type { Stores } from './compat-stores.ts'

/** How the command speaks. */
export interface DbCommandOptions {
  /** The tool's own name, in messages. Default `af`. */
  readonly tool?: string
}

/** What the command needs besides. */
export interface DbCommandParts extends DbCommandOptions {
  readonly stores: Stores
}

interface Flags {
  readonly global?: true
  readonly force?: true
  readonly dryRun?: true
  readonly apply?: true
  readonly format?: string
  readonly limit?: string
  readonly timeout?: string
}

const DUMPED_ROWS = 100_000
const DUMPED_BYTES = 64 * 1024 * 1024
const DUMP_TIMEOUT_MS = 30_000

/** Adds the five commands to `command`, which is named by the caller. */
export function addDbCommands(command: Command, parts: DbCommandParts): Command {
  const { tool = 'af', stores } = parts
  const target = ({ global }: Flags) => targetOf(stores, global === true)
  command.description('database debugging and maintenance')
  const global = ['--global', "the machine's port blocks instead of the project's state"] as const
  command
    .command('dump')
    .description('print all tables as JSON')
    .option(...global)
    .action(guarded(async (flags: Flags) => say(await dump(target(flags)))))
  command
    .command('query')
    .argument('<sql>')
    .description('run one reading statement, and print its rows')
    // A statement may begin with a comment, which looks like an option.
    .allowUnknownOption()
    .option(...global)
    .option('--format <format>', FORMATS.join(', '), 'json')
    .option('--limit <rows>', 'at most so many rows', '1000')
    .option('--timeout <ms>', 'when it is ended', '2000')
    .action(guarded((sql: string, flags: Flags) => query(target(flags), sql, flags, tool)))
  command
    .command('reset')
    .description('take everything away, after writing a backup')
    .option(...global)
    .option('--force', 'do not ask')
    .option('--dry-run', 'print what would be taken away, and write nothing')
    .action(
      guarded((flags: Flags) => {
        if (flags.global) stores.closeGlobal()
        else stores.closeLocal()
        return reset(target(flags), flags)
      }),
    )
  command
    .command('stats')
    .description('print counts of rows, and how large the file is')
    .option(...global)
    .action(guarded(async (flags: Flags) => stats(target(flags))))
  command
    .command('consolidate')
    .argument('<path>', 'an older state.db, or the project that has it')
    .description("take an older database into the project's store; only shows it without --apply")
    .option('--apply', 'do it, and rename the source')
    .action(
      guarded(async (path: string, flags: Flags) => {
        stores.closeLocal()
        showConsolidation(resolve(path), target(flags).path, flags.apply === true)
      }),
    )
  return command
}

interface Target {
  readonly path: string
  readonly name: 'local' | 'global'
  readonly tables: Readonly<Record<string, string>>
  readonly workspace: string | null
}

function targetOf(stores: Stores, isGlobal: boolean): Target {
  if (isGlobal) {
    return { path: stores.globalPath(), name: 'global', tables: GLOBAL_TABLES, workspace: null }
  }
  const { path } = stores.localPath()
  return { path, name: 'local', tables: LOCAL_TABLES, workspace: stores.workspace() }
}

async function dump(target: Target): Promise<string> {
  const found = await allTables(target, 'SELECT * FROM')
  return JSON.stringify(found, null, 2)
}

// Reading makes no file: where there is none yet, there are no rows.
async function allTables(
  target: Target,
  select: string,
): Promise<Record<string, Record<string, unknown>[]>> {
  const found: Record<string, Record<string, unknown>[]> = {}
  const { path, tables } = target
  if (!hasTables(target)) return Object.fromEntries(Object.keys(tables).map((table) => [table, []]))
  const queries = new PrintableQueries(path, tables)
  try {
    for (const table of Object.keys(tables)) {
      const rows = await queries.run(`${select} ${table}`, {
        maxRows: DUMPED_ROWS,
        maxBytes: DUMPED_BYTES,
        timeoutMs: DUMP_TIMEOUT_MS,
      })
      if (rows.truncated) warn(`[warn] ${table} has more rows than are shown: holdfast export`)
      found[table] = asObjects(rows)
    }
    return found
  } finally {
    queries.close()
  }
}

async function query(target: Target, sql: string, flags: Flags, tool: string): Promise<void> {
  const format = FORMATS.find((one) => one === flags.format) ?? ('json' satisfies Format)
  const queries = new PrintableQueries(target.path, hasTables(target) ? target.tables : NOTHING)
  try {
    const rows = await queries.run(sql, {
      maxRows: Number(flags.limit),
      timeoutMs: Number(flags.timeout),
    })
    say(formatRows(rows, format))
    if (rows.truncated) warn(`[warn] Only the first ${rows.rows.length} rows are shown.`)
  } catch (error) {
    if (isStoreError(error, 'QUERY_REFUSED')) {
      fail(
        `[error] Only SELECT queries are allowed for safety. Use "${tool} db reset" to modify data.`,
      )
    } else fail(`[error] Query failed: ${(error as Error).message}`)
  } finally {
    queries.close()
  }
}

const NOTHING: Readonly<Record<string, string>> = { nothing: 'SELECT NULL' }

async function reset(target: Target, { force, dryRun }: Flags): Promise<void> {
  const { path, name, workspace } = target
  if (!existsSync(path)) {
    say(`[info] No ${name} database found at ${path}`)
    return
  }
  if (dryRun) {
    const { removed, backup } = await resetFarm({ path, workspace, dryRun })
    say(`[info] Would write a backup to ${backup}`)
    say(`[info] Would delete ${removed} rows of ${scopeOf(workspace)}`)
    return
  }
  if (!force && !(await confirmed(target))) return
  const { removed, backup } = await resetFarm({ path, workspace })
  say(`[info] Backup written to ${backup}`)
  say(`[info] Deleted ${removed} rows of ${scopeOf(workspace)}`)
  say(`[ok] ${titleOf(name)} database reset complete`)
}

async function confirmed({ path, name, workspace }: Target): Promise<boolean> {
  warn(`[warn] This will delete the ${name} database at ${path}`)
  warn(`[warn] It takes away all of ${scopeOf(workspace)}.`)
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    fail('[warn] Use --force to confirm.')
    return false
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question('Delete it? [y/N] ')
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}

async function stats(target: Target): Promise<void> {
  const { path, name } = target
  const title = `${titleOf(name)} Database Statistics`
  say(`${title}\n${'='.repeat(title.length)}\nPath: ${path}\n`)
  if (!existsSync(path)) {
    say('There is no database yet.')
    return
  }
  say('Table row counts:')
  const counts = await allTables(target, 'SELECT count(*) AS rows FROM')
  for (const [table, [row]] of Object.entries(counts)) say(`  ${table}: ${row?.['rows'] ?? 0}`)
  const store = openStore(path, {}, { mode: 'read' })
  const pragma = (name: string) => Object.values(store.sql.get(`PRAGMA ${name}`) ?? {})[0]
  say('\nDatabase info:')
  // A store in any other mode is refused when it is opened; asking SQLite counts as writing.
  say('  Journal mode: wal')
  say(`  Page size: ${pragma('page_size')} bytes`)
  say(`  Page count: ${pragma('page_count')}`)
  store.close()
  const bytes = [path, `${path}-wal`].reduce(
    (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
  say(`  Total size: ${(bytes / 1024).toFixed(1)} KB`)
}

// A project's store may be there without a farm in it; the machine's blocks are in every store.
function hasTables({ path, name }: Target): boolean {
  if (!existsSync(path)) return false
  const store = openStore(path, {}, { mode: 'read' })
  try {
    return name === 'global' || store.status().modules.some((module) => module.name === 'farm')
  } finally {
    store.close()
  }
}

function scopeOf(workspace: string | null): string {
  return workspace === null ? 'the port blocks of every project' : `the workspace ${workspace}`
}

function titleOf(name: Target['name']): string {
  return name === 'local' ? 'Local' : 'Global'
}
