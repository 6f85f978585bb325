/** `holdfast serve`: the dashboard, until Ctrl-C. */
import type { Command } from 'commander'
import { resolveUserStorePath } from '../../index.ts'
import type { Context } from '../context.ts'
import { interruption } from '../interruption.ts'
import { portNumber } from '../parse.ts'
import type { Runner } from '../run.ts'

interface ServeOptions {
  readonly port?: number
  readonly redact: boolean
}

/** Adds the command. */
export function register(program: Command, runner: Runner): void {
  program
    .command('serve')
    .summary('show the store live in a browser')
    .description(
      'Serves pages with the status, the live log and the panels of each module on 127.0.0.1, until\nCtrl-C. The address that it prints logs one browser in; programs use the token in the file it\nnames.',
    )
    .option('-p, --port <port>', 'listen here; 0 takes a free port (default: 4680)', portNumber)
    .option('--no-redact', 'show what looks like a secret as it is stored (default: [redacted])')
    .action(runner((context, options: ServeOptions) => serve(context, options)))
}

async function serve(context: Context, options: ServeOptions): Promise<undefined> {
  // Loaded here: no other command needs a web server.
  const { serveDashboard } = await import('../../dashboard/index.ts')
  const { modules, presets } = await context.loadModules()
  const userStore = userStorePath()
  const dashboard = await serveDashboard({
    store: context.storePath.path,
    modules,
    presets,
    isShowingSecrets: !options.redact,
    ...(userStore === undefined ? {} : { userStore }),
    ...(options.port === undefined ? {} : { port: options.port }),
  })
  const { url, loginUrl } = dashboard
  const { isJson, output } = context
  if (isJson) await output.json({ url, loginUrl })
  else await output.line(`Holdfast is at ${loginUrl}`)
  const signal = interruption()
  if (!signal.aborted) {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }
  await dashboard.close()
  return undefined
}

// Where there is none the machine's ports are not shown; the store's own page is.
function userStorePath(): string | undefined {
  try {
    return resolveUserStorePath({ env: process.env }).path
  } catch {
    return undefined
  }
}
