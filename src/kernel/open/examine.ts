/** Examines an open store: the kernel's own checks, and what its modules say. */
import { walBytes } from '../connection/checkpointer.ts'
import { isStoreError } from '../errors.ts'
import { systemProcessProbe } from '../leases/process-probe.ts'
import type { Finding } from '../log/finding.ts'
import { checkFiles } from '../maintenance/doctor/check-files.ts'
import { checkLog } from '../maintenance/doctor/check-log.ts'
import {
  checkBookkeeping,
  checkLeftBehind,
  checkPages,
  checkWal,
} from '../maintenance/doctor/check-state.ts'
import { readLedger } from '../migrations/migrate.ts'
import { checkSchema } from '../projections/check-schema.ts'
import { checkMirrors } from './check-mirrors.ts'
import type { Kernel } from './kernel.ts'

const SEVERITIES: readonly Finding['severity'][] = ['damage', 'fault', 'note']

/** Everything that is found, the worst first. */
export function examineKernel(
  kernel: Kernel,
  { nowMs, apiOf }: { readonly nowMs: number; readonly apiOf: (module: string) => unknown },
): Finding[] {
  const { connection, factory, registry, states } = kernel
  const { leases, ports, presence } = kernel.owners
  const state = { connection, leases, ports, presence, nowMs }
  const modules = [...registry.modules.values()]
  const checks: (readonly [of: string, check: () => readonly Finding[]])[] = [
    ['the pages', () => checkPages(connection)],
    [
      'the log',
      () => checkLog(connection, (suspects) => kernel.unreadable.list(kernel.reader, suspects)),
    ],
    ['the bookkeeping', () => checkBookkeeping({ ...state, modules: rowsOf(states) })],
    ['what was left behind', () => checkLeftBehind(state)],
    ['the write-ahead log', () => checkWal(connection, walBytes(connection.path))],
    [
      'the tables',
      () => checkSchema({ factory, connection, modules, ledger: readLedger(connection) }),
    ],
    ['the mirrors', () => checkMirrors(kernel, nowMs)],
    ['the files', () => checkFiles({ connection, probe: systemProcessProbe(), nowMs })],
    ...modules.map(({ name, examine }): (typeof checks)[number] => [
      `module '${name}'`,
      () => examine?.(apiOf(name) as never) ?? [],
    ]),
  ]
  const findings = checks.flatMap(([of, check]) => guarded(of, check))
  return findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
}

function rowsOf(states: Kernel['states']) {
  states.refresh()
  return states.rows()
}

// What cannot be looked at keeps nobody from hearing of the rest.
function guarded(of: string, check: () => readonly Finding[]): readonly Finding[] {
  try {
    return check()
  } catch (error) {
    if (!isStoreError(error)) throw error
    const severity = error.code === 'STORE_CORRUPT' ? 'damage' : 'fault'
    const what = `${of} cannot be examined: ${error.message}`
    return [{ kind: 'unreadable', severity, what, hint: error.hint ?? 'holdfast status' }]
  }
}
