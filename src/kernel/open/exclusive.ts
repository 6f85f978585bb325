/**
 * Exclusive mode: one process writes, the others find out at their next write, because naming the
 * holder raises the generation. A holder that has died stops nobody.
 */
import type { Connection } from '../connection/connection.ts'
import { StoreError } from '../errors.ts'
import { isDeadProcess } from '../leases/identity.ts'
import type { ProcessProbe } from '../leases/process-probe.ts'
import { KERNEL_MODULE } from '../migrations/kernel-schema.ts'
import { setHolder } from '../migrations/ledger.ts'
import { readLedger } from '../migrations/migrate.ts'
import type { Kernel } from './kernel.ts'

/** Makes `process` the only writer; throws `STORE_HELD` while another is. */
export function holdExclusively(
  kernel: Kernel,
  process: string,
  probe: ProcessProbe,
  clock: () => number,
): void {
  const { connection, states } = kernel
  // Acting as whoever holds it, so that a dead holder does not refuse its successor's write.
  states.actAs(states.row(KERNEL_MODULE)?.holder ?? process)
  connection.write(() => {
    states.forget()
    states.refresh()
    const holder = states.row(KERNEL_MODULE)?.holder
    if (holder && holder !== process && !isDeadProcess(holder, probe)) {
      throw held(connection.path, holder)
    }
    setHolder(connection, { name: KERNEL_MODULE, holder: process, nowMs: clock() })
  })
  states.actAs(process)
  states.forget()
  states.refresh()
}

/** Lets others write again. */
export function releaseExclusively(kernel: Kernel, process: string, nowMs: number): void {
  const { connection, states } = kernel
  connection.write(() => {
    if (states.row(KERNEL_MODULE)?.holder !== process) return
    setHolder(connection, { name: KERNEL_MODULE, holder: null, nowMs })
  })
}

/** Throws `STORE_HELD` where another living process has the store; for use before there is a kernel. */
export function ensureNotHeld(
  connection: Connection,
  probe: ProcessProbe,
  self: string | undefined,
): void {
  const holder = readLedger(connection).modules.get(KERNEL_MODULE)?.holder
  if (holder && holder !== self && !isDeadProcess(holder, probe))
    throw held(connection.path, holder)
}

function held(path: string, holder: string): StoreError {
  return new StoreError('STORE_HELD', `${path} is held by ${holder}`, {
    hint: 'wait until it has closed the store; see who it is: holdfast status',
  })
}
