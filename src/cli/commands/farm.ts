/** `holdfast farm`: who runs in a project, the machine's ports, mail, and what can be settled. */
import type { Command } from 'commander'
import {
  type Mode,
  openStore,
  type PortBlockStatus,
  type PortReaping,
  type Store,
  StoreError,
} from '../../index.ts'
import { type FarmReaping, farm, type Message } from '../../modules/farm/index.ts'
import type { Context } from '../context.ts'
import { formatMail, formatPorts, formatProcesses, formatReapings } from '../formats/farm.ts'
import type { Runner } from '../run.ts'

type FarmStore = Store<{ readonly farm: typeof farm }>

interface Flags {
  readonly workspace?: string
  readonly all?: true
  readonly bodies?: true
  readonly yes?: true
}

/** What `farm reap` found or did, as JSON. */
interface FarmReapReport {
  readonly isDone: boolean
  readonly rows: readonly FarmReaping[]
  readonly ports: readonly PortReaping[]
}

/** Adds the command and its own. */
export function register(program: Command, runner: Runner): void {
  const command = program
    .command('farm')
    .summary('agents of a project, ports of the machine, mail, and what can be settled')
    .description(
      'Shows what the farm of this store holds: architects, builders, terminals and annotations, and\nmail between them; and the port blocks that all projects of this machine have.',
    )
  const ofWorkspace = ['--workspace <path>', 'only of this project'] as const
  command
    .command('ps')
    .description('Lists what runs, or ran, in every workspace of the store.')
    .option(...ofWorkspace)
    .action(runner(showProcesses))
  command
    .command('ports')
    .description("Lists the port blocks of this machine; they are in the user's store.")
    .action(runner(showPorts))
  command
    .command('mail')
    .description('Lists held mail, without its text.')
    .option(...ofWorkspace)
    .option('--all', 'settled mail too')
    .option('--bodies', 'with its text')
    .action(runner(showMail))
  command
    .command('reap')
    .summary('show what has ended; with --yes, settle it')
    .description(
      'Shows what has ended: reservations, terminals, processes, and port blocks that nobody can want\nany more. With --yes they are settled; builders and architects lose only their process.',
    )
    .option(...ofWorkspace)
    .option('--yes', 'do it')
    .action(runner(reap))
}

async function showProcesses(context: Context, flags: Flags): Promise<undefined> {
  const { output } = context
  const { processes, findings } = onFarm(context, 'read', (store) => ({
    processes: store.farm.processes(scopeOf(flags)),
    findings: store.farm.diagnose(),
  }))
  if (context.isJson) await output.json({ processes, findings })
  else await output.lines(formatProcesses(output, processes))
  for (const { what, hint } of findings) context.note(`${what}; ${hint}`)
  return undefined
}

async function showPorts(context: Context): Promise<undefined> {
  const store = openStore.user({}, { mode: 'read' })
  // A machine on which nothing was ever allocated has no user store yet.
  const blocks: PortBlockStatus[] = store.attached ? store.ports.list() : []
  store.close()
  if (context.isJson) await context.output.json(blocks)
  else await context.output.lines(formatPorts(context.output, blocks))
  return undefined
}

async function showMail(context: Context, flags: Flags): Promise<undefined> {
  const { output } = context
  const messages = onFarm(context, 'read', ({ farm }) => {
    const workspaces = flags.workspace === undefined ? farm.workspaces() : [flags.workspace]
    const filter = flags.all ? {} : { state: 'held' as const }
    return workspaces.flatMap((workspace) => farm.in(workspace).mail.list(filter))
  })
  // What agents tell each other is nobody else's unless it was asked for.
  const shown = flags.bodies ? messages : messages.map(withoutBody)
  if (context.isJson) await output.json(shown)
  else await output.lines(formatMail(output, shown))
  return undefined
}

async function reap(context: Context, flags: Flags): Promise<undefined> {
  const { output } = context
  const dryRun = flags.yes !== true
  const rows = onFarm(context, dryRun ? 'read' : 'write', ({ farm }) =>
    farm.reap({ ...scopeOf(flags), dryRun }),
  )
  const report: FarmReapReport = { isDone: !dryRun, rows, ports: reapPorts(dryRun) }
  if (context.isJson) await output.json(report)
  else await output.lines(formatReapings(output, report))
  const found = rows.length + report.ports.length
  if (dryRun && found > 0)
    context.note('nothing was changed; to settle these: holdfast farm reap --yes')
  return undefined
}

// Only to look at ports, no user store is made.
function reapPorts(dryRun: boolean): PortReaping[] {
  const store = openStore.user({}, { mode: 'read' })
  const isThere = store.attached
  const found = isThere ? store.ports.reap() : []
  store.close()
  if (dryRun || found.length === 0) return found
  const writing = openStore.user()
  try {
    return writing.ports.reap({ dryRun: false })
  } finally {
    writing.close()
  }
}

function onFarm<Result>(
  { storePath: { path } }: Context,
  mode: Mode,
  use: (store: FarmStore) => Result,
): Result {
  const looked = openStore(path, {}, { mode: 'read' })
  const hasFarm = looked.attached && looked.status().modules.some(({ name }) => name === 'farm')
  looked.close()
  if (!hasFarm) {
    throw new StoreError('NOT_FOUND', `there is no farm in ${path}`, {
      hint: 'name the store with --store <path>, or import an older one: holdfast import <folder>',
    })
  }
  const store = openStore(path, { farm }, { mode })
  try {
    return use(store)
  } finally {
    store.close()
  }
}

function scopeOf({ workspace }: Flags): { readonly workspace?: string } {
  return workspace === undefined ? {} : { workspace }
}

function withoutBody(message: Message): Message {
  return { ...message, body: `[${message.body.length} characters]` }
}
