/** `holdfast query`: one reading SQL statement in a process of its own. */
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { KERNEL_PRESETS, type QueryPreset, queryStore, StoreError } from '../../index.ts'
import type { Context } from '../context.ts'
import { redactRows } from '../formats/redact-rows.ts'
import { formatRows, type RowFormat } from '../formats/rows.ts'
import { formatTable } from '../output/table.ts'
import { nameAndValue, wholeNumberFrom } from '../parse.ts'
import type { Runner } from '../run.ts'

interface QueryCommandOptions {
  readonly preset?: string
  readonly param?: Readonly<Record<string, string | number | null>>
  readonly presets?: true
  readonly csv?: true
  readonly jsonl?: true
  readonly timeout?: number
  readonly limit?: number
}

/** Adds the command. */
export function register(program: Command, runner: Runner): void {
  program
    .command('query')
    .argument('[sql]', 'one SELECT; `-` reads it from standard input')
    .summary('ask the store with SQL, in a separate process that can only read')
    .description(
      'Runs one reading SQL statement in a separate process that cannot write and is killed at its\nlimit. A result that is cut short says so: on stderr, and as `truncated` with --json.',
    )
    .option('--preset <name>', 'run a query by its name instead')
    .option('--presets', 'list the queries that have a name')
    .option('-p, --param <name=value>', 'value of a :name parameter; may be repeated', nameAndValue)
    .option('--csv', 'print comma-separated values')
    .option('--jsonl', 'print one JSON object a row')
    .option(
      '-n, --limit <count>',
      'print at most so many rows (default: 1000)',
      wholeNumberFrom(1, 100_000),
    )
    .option(
      '--timeout <ms>',
      'kill the query after so long (default: 2000, at most 30000)',
      wholeNumberFrom(1, 30_000),
    )
    .action(
      runner((context, sql: string | undefined, options: QueryCommandOptions) =>
        options.presets ? listPresets(context) : query(context, sql, options),
      ),
    )
}

async function query(
  context: Context,
  given: string | undefined,
  options: QueryCommandOptions,
): Promise<undefined> {
  const { sql, parameters = {} } = await chooseQuery(context, given, options)
  const { timeout, limit } = options
  const result = await queryStore(context.storePath.path, sql, {
    parameters: { ...parameters, ...checkedParameters(parameters, options.param) },
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(limit === undefined ? {} : { maxRows: limit }),
  })
  const format = formatOf(context, options)
  const shown = context.isRedacting ? redactRows(result) : result
  await context.output.lines(formatRows(shown, format, context.output))
  if (result.truncated && format !== 'json') {
    process.stderr.write('holdfast: there is more: the result was cut at its limit (--limit)\n')
  }
  return undefined
}

async function chooseQuery(
  context: Context,
  sql: string | undefined,
  { preset: name }: QueryCommandOptions,
): Promise<{ readonly sql: string; readonly parameters?: QueryPreset['parameters'] }> {
  if ((sql === undefined) === (name === undefined)) {
    throw new StoreError('ARGUMENT_INVALID', 'give either SQL or --preset', {
      hint: "holdfast query 'SELECT name FROM streams', or see: holdfast query --presets",
    })
  }
  if (sql !== undefined) return { sql: sql === '-' ? await text(process.stdin) : sql }
  const presets = await allPresets(context)
  const found = presets.find((preset) => preset.name === name)
  if (found) return found
  throw new StoreError('ARGUMENT_INVALID', `there is no preset '${name}'`, {
    hint: `there are: ${presets.map((preset) => preset.name).join(', ')}`,
  })
}

// SQLite would take a text for the largest number, and the answer would be empty.
function checkedParameters(
  usual: NonNullable<QueryPreset['parameters']>,
  given: QueryCommandOptions['param'] = {},
): NonNullable<QueryCommandOptions['param']> {
  for (const [name, value] of Object.entries(given)) {
    if (typeof usual[name] !== 'number' || typeof value === 'number') continue
    throw new StoreError('ARGUMENT_INVALID', `-p ${name}: '${value}' is no number`, {
      hint: `give one, such as: -p ${name}=${usual[name]}`,
    })
  }
  return given
}

async function allPresets(context: Context): Promise<QueryPreset[]> {
  return [...KERNEL_PRESETS, ...(await context.loadModules()).presets]
}

async function listPresets(context: Context): Promise<undefined> {
  const presets = await allPresets(context)
  if (context.isJson) {
    await context.output.json(presets)
    return undefined
  }
  const rows = presets.map(({ name, summary }) => [name, summary])
  const columns = [{ title: 'preset' }, { title: 'answers' }]
  await context.output.lines(formatTable(context.output, columns, rows))
  return undefined
}

function formatOf(context: Context, { csv, jsonl }: QueryCommandOptions): RowFormat {
  const chosen = [csv && 'csv', jsonl && 'jsonl', context.isJson && 'json'] as const
  const formats = chosen.filter((format) => format !== undefined && format !== false)
  if (formats.length > 1) {
    throw new StoreError('ARGUMENT_INVALID', 'give one of --csv, --jsonl and --json')
  }
  return formats[0] ?? 'table'
}
