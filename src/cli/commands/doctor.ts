/** `holdfast doctor`: what is wrong with a store and around it, and putting it right on request. */
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import {
  examinePath,
  type Finding,
  isStoreError,
  listBackups,
  type Mode,
  type ModuleMap,
  openStore,
  resolveUserStorePath,
  StoreError,
} from '../../index.ts'
import type { Context } from '../context.ts'
import { EXIT_CODES, exitCodeOf, failureOf } from '../failures.ts'
import { type DoctorReport, type FoundIn, formatDoctorReport } from '../formats/doctor.ts'
import type { Runner } from '../run.ts'

interface Flags {
  readonly repair?: true
  readonly yes?: true
}

/** Adds the command. */
export function register(program: Command, runner: Runner): void {
  program
    .command('doctor')
    .summary('find what is wrong with the store and around it; put it right on request')
    .description(
      "Looks at the file, its tables' shape, what ended processes have left, files beside it, other\nfiles that could be taken for it, what its modules know, and the user's store. Changes nothing;\n--repair shows what could be put right, and with --yes it is. Ends with 4 when damage is found.",
    )
    .option('--repair', 'show what could be put right')
    .option('--yes', 'with --repair: do it')
    .action(runner(doctor))
}

async function doctor(context: Context, { repair, yes }: Flags): Promise<number> {
  const { isJson, output, storePath } = context
  if (yes === true && repair !== true) {
    throw new StoreError('ARGUMENT_INVALID', '--yes is for repairs, and none are asked for', {
      hint: 'holdfast doctor --repair shows them; with --yes they are done',
    })
  }
  const { path, kind, why } = storePath
  const request = { cwd: process.cwd(), env: process.env }
  const isDone = repair === true && yes === true
  const around = examinePath(storePath, request).map((finding) => ({ store: path, finding }))
  const modules = await modulesOf(context)
  const own = examine(path, modules.map, isDone)
  const user = userStoreBeside(path)
  const users = user === undefined ? NOTHING : examine(user, {}, isDone)
  const backups = listBackups(path)
  const report: DoctorReport = {
    ...{ path, kind, why, attached: existsSync(path) },
    ...{ driver: own.driver, sqliteVersion: own.sqliteVersion },
    ...{ node: process.versions.node, abi: process.versions.modules, isDone },
    backups: {
      count: backups.length,
      sizeBytes: backups.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      oldestAtMs: backups[0]?.madeAtMs ?? null,
    },
    findings: [...modules.findings, ...own.findings, ...users.findings, ...around],
    repaired: [...own.repaired, ...users.repaired],
  }
  if (isJson) await output.json(asJson(report))
  else await output.lines(formatDoctorReport(report, { output, showsRepairs: repair === true }))
  const isDamaged = report.findings.some(({ finding }) => finding.severity === 'damage')
  return isDamaged ? EXIT_CODES.damaged : own.code
}

/** What became of one store. */
interface Examined {
  readonly findings: readonly FoundIn[]
  readonly repaired: readonly string[]
  readonly driver: string | null
  readonly sqliteVersion: string | null
  readonly code: number
}

const NOTHING: Examined = {
  ...{ findings: [], repaired: [], driver: null, sqliteVersion: null, code: EXIT_CODES.done },
}

function examine(path: string, modules: ModuleMap, isRepairing: boolean): Examined {
  try {
    const repaired = isRepairing ? repairIn(path, modules) : []
    return onStore(path, modules, 'read', (store) => {
      if (!store.attached) return NOTHING
      const findings = store.examine().map((finding) => ({ store: path, finding }))
      return { findings, repaired, ...engineOf(store), code: EXIT_CODES.done }
    })
  } catch (error) {
    if (!isStoreError(error)) throw error
    const finding = cannotBeOpened(path, error)
    return { ...NOTHING, findings: [{ store: path, finding }], code: exitCodeOf(failureOf(error)) }
  }
}

// Counts more than it needs, and may fail on pages that the findings name.
function engineOf(store: ReturnType<typeof openStore>): Pick<Examined, 'driver' | 'sqliteVersion'> {
  try {
    const { driver, sqliteVersion } = store.status()
    return { driver, sqliteVersion }
  } catch (error) {
    if (!isStoreError(error)) throw error
    return { driver: null, sqliteVersion: null }
  }
}

// Looked at first, so that nothing is opened for writing where nothing is to be put right.
function repairIn(path: string, modules: ModuleMap): string[] {
  const isNeeded = onStore(path, modules, 'read', (store) => {
    return store.attached && store.examine().some(({ repair }) => repair !== undefined)
  })
  if (!isNeeded) return []
  return onStore(path, modules, 'write', (store) =>
    store.examine().flatMap(({ repair }) => {
      repair?.run()
      return repair ? [repair.does] : []
    }),
  )
}

function onStore<Result>(
  path: string,
  modules: ModuleMap,
  mode: Mode,
  use: (store: ReturnType<typeof openStore>) => Result,
): Result {
  const store = openStore(path, modules, { mode })
  try {
    return use(store)
  } finally {
    store.close()
  }
}

// A store that cannot be opened says nothing of its modules either; the rest is looked at all the same.
async function modulesOf(
  context: Context,
): Promise<{ readonly map: ModuleMap; readonly findings: readonly FoundIn[] }> {
  try {
    return { map: (await context.loadModules()).modules, findings: [] }
  } catch (error) {
    if (!isStoreError(error, 'MODULE_INVALID')) return { map: {}, findings: [] }
    const finding = { ...cannotBeOpened(context.storePath.path, error), what: error.message }
    return { map: {}, findings: [{ store: context.storePath.path, finding }] }
  }
}

function userStoreBeside(path: string): string | undefined {
  try {
    const { path: user } = resolveUserStorePath({ env: process.env })
    return user === path ? undefined : user
  } catch {
    return undefined // No home folder, or a test that may not touch the real one.
  }
}

function cannotBeOpened(path: string, { code, message, hint }: StoreError): Finding {
  return {
    kind: 'open',
    severity: code === 'STORE_CORRUPT' ? 'damage' : 'fault',
    what: `${path} cannot be opened: ${message}`,
    hint: hint ?? 'see docs/errors.md',
  }
}

function asJson({ findings, ...report }: DoctorReport): object {
  const flat = findings.map(({ store, finding: { repair, ...finding } }) => ({
    ...{ store, ...finding, repair: repair?.does ?? null },
  }))
  return { ...report, findings: flat }
}
