/** Opens the file and puts a kernel on it, in the mode asked for. */
import { randomUUID } from 'node:crypto'
import type { BusyWait } from '../connection/busy-wait.ts'
import type { Connection } from '../connection/connection.ts'
import { readGeneration } from '../connection/generation.ts'
import { noStoreYet, openConnection } from '../connection/open-connection.ts'
import { chooseDriver } from '../driver/choose.ts'
import type { DriverFactory } from '../driver/driver.ts'
import { currentProcessIdentity, formatIdentity } from '../leases/identity.ts'
import { type ProcessProbe, systemProcessProbe } from '../leases/process-probe.ts'
import { checkTables } from '../log/check-tables.ts'
import type { Module } from '../log/module.ts'
import { Registry } from '../log/registry.ts'
import { backUpShared } from '../maintenance/backup/back-up.ts'
import {
  changesExistingTables,
  migrateModules,
  needsMigration,
  readLedger,
} from '../migrations/migrate.ts'
import { ensureSameKind } from '../migrations/shape-change.ts'
import { ensureNotHeld, holdExclusively, isDeadHolder, releaseExclusively } from './exclusive.ts'
import { assertUsableFilesystem } from './filesystem.ts'
import { Kernel } from './kernel.ts'
import { KERNEL } from './kernel-module.ts'
import { mirrorOptions } from './make-mirror.ts'
import { prepareStoreDirectory, secureStoreFile } from './store-file.ts'
import type { OpenOptions } from './store-types.ts'
import { storedModules } from './stored-modules.ts'

const DEFAULT_BUSY_TIMEOUT_MS = 10_000

const ADD_FACT = /* sql */ `INSERT OR IGNORE INTO store (key, value) VALUES (?, ?)`

/**
 * Opens `path` with the given modules; a missing file is created unless the mode is `'read'`.
 *
 * @param self the holder as whom it writes, in exclusive mode and beside a store that is open in it.
 */
export function openKernel(
  path: string,
  given: readonly Module[],
  options: OpenOptions,
  self?: string,
): Kernel {
  const { mode = 'write', clock = Date.now, random = Math.random } = options
  const isReadOnly = mode === 'read'
  // Before the file is touched: two modules of one name would meet in its tables.
  new Registry([KERNEL, ...given])
  assertUsableFilesystem(path, { allowNetwork: options.allowNetwork ?? false })
  if (!isReadOnly) {
    prepareStoreDirectory(path)
    secureStoreFile(path)
  }
  const factory = chooseDriver(options.driver ? { driver: options.driver } : {})
  const timeoutMs = options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS
  const wait: BusyWait = { path, timeoutMs, random }
  const connection = openConnection(factory, path, {
    isReadOnly,
    wait,
    durability: options.durability ?? 'normal',
  })
  try {
    const probe = systemProcessProbe()
    const preparing = { isReadOnly, clock, probe, self }
    const modules = prepareTables(factory, connection, [KERNEL, ...given], preparing)
    const process = () => formatIdentity(currentProcessIdentity(probe))
    const openReader = () => openConnection(factory, path, { isReadOnly: true, wait })
    const kernel = new Kernel({
      factory,
      connection,
      openReader,
      modules,
      clock,
      probe,
      process,
      autoPrune: options.autoPrune ?? true,
      mirror:
        isReadOnly || options.mirror === undefined ? undefined : mirrorOptions(options.mirror),
    })
    kernel.states.judgeHoldersBy((holder) => isDeadHolder(holder, probe))
    kernel.states.actAs(self)
    kernel.states.refresh()
    if (mode === 'exclusive' && self !== undefined) holdExclusively(kernel, self, probe, clock)
    if (!isReadOnly) foldOrGiveBack(kernel, self, clock)
    return kernel
  } catch (error) {
    connection.close()
    throw error
  }
}

// A holder that nobody can close would keep everybody out for as long as the process lives.
function foldOrGiveBack(kernel: Kernel, self: string | undefined, clock: () => number): void {
  try {
    kernel.foldWhatIsBehind()
    kernel.mirror?.start()
  } catch (error) {
    if (self !== undefined) releaseExclusively(kernel, self, clock())
    throw error
  }
}

function prepareTables(
  factory: DriverFactory,
  connection: Connection,
  modules: readonly Module[],
  options: {
    isReadOnly: boolean
    clock: () => number
    probe: ProcessProbe
    self: string | undefined
  },
): Module[] {
  const { isReadOnly, clock, probe, self } = options
  // Before the ledger: what is read there is of this generation, or of a later one.
  const generation = readGeneration(connection)
  const ledger = readLedger(connection)
  // Its maker is still at work, or was killed before the tables were there.
  if (isReadOnly && ledger.modules.size === 0) throw noStoreYet(connection.path)
  ensureSameKind(ledger.modules, modules)
  const all = [...modules, ...storedModules(ledger, modules)]
  if (isReadOnly || !needsMigration(ledger, all)) return all
  checkTables(all)
  if (changesExistingTables(ledger, all)) {
    const source = { factory, connection }
    // Somebody else has moved the tables meanwhile: everything is looked at anew.
    if (!backUpShared(source, 'before-migration', generation)) {
      return prepareTables(factory, connection, modules, options)
    }
  }
  connection.write(() => {
    ensureNotHeld(connection, probe, self)
    migrateModules(connection, all, clock())
    connection.run(ADD_FACT, ['logId', randomUUID()])
    connection.run(ADD_FACT, ['createdAtMs', clock()])
  }, 'full')
  return all
}
