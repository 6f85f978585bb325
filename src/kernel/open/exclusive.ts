/**
 * Exclusive mode: one store object writes, all others find out at their next write, because naming
 * the holder raises the generation. A holder whose process has died stops nobody.
 *
 * A holder is its process and a part of its own: `<identity>/<8 hex digits>`. So a second object of
 * the same process is refused like anybody else, and cannot give back what it does not hold.
 */
import { randomBytes } from 'node:crypto'
import type { Connection } from '../connection/connection.ts'
import { StoreError } from '../errors.ts'
import { isDeadProcess } from '../leases/identity.ts'
import type { ProcessProbe } from '../leases/process-probe.ts'
import { KERNEL_MODULE } from '../migrations/kernel-schema.ts'
import { setHolder } from '../migrations/ledger.ts'
import { readLedger } from '../migrations/migrate.ts'
import type { Kernel } from './kernel.ts'

// An identity is URI-encoded, and has none.
const SEPARATOR = '/'

/** A new holder in this process. */
export function makeHolder(process: string): string {
  return `${process}${SEPARATOR}${randomBytes(4).toString('hex')}`
}

/** True when the holder's process is proven to be dead; in doubt, false. */
export function isDeadHolder(holder: string, probe: ProcessProbe): boolean {
  const [process = ''] = holder.split(SEPARATOR)
  return isDeadProcess(process, probe)
}

/** Makes `self` the only writer; throws `STORE_HELD` while another is. */
export function holdExclusively(
  kernel: Kernel,
  self: string,
  probe: ProcessProbe,
  clock: () => number,
): void {
  const { connection, states } = kernel
  // Acting as whoever holds it, so that a dead holder does not refuse its successor's write.
  states.actAs(states.row(KERNEL_MODULE)?.holder ?? self)
  connection.write(() => {
    states.refresh()
    const holder = states.row(KERNEL_MODULE)?.holder
    if (holder && holder !== self && !isDeadHolder(holder, probe)) {
      throw held(connection.path, holder)
    }
    setHolder(connection, { name: KERNEL_MODULE, holder: self, nowMs: clock() })
  })
  states.actAs(self)
  states.refresh()
}

/** Lets others write again. */
export function releaseExclusively(kernel: Kernel, self: string, nowMs: number): void {
  const { connection, states } = kernel
  connection.write(() => {
    if (states.row(KERNEL_MODULE)?.holder !== self) return
    setHolder(connection, { name: KERNEL_MODULE, holder: null, nowMs })
  })
}

/** Throws `STORE_HELD` where another living holder has the store; for use before there is a kernel. */
export function ensureNotHeld(
  connection: Connection,
  probe: ProcessProbe,
  self: string | undefined,
): void {
  const holder = readLedger(connection).modules.get(KERNEL_MODULE)?.holder
  if (holder && holder !== self && !isDeadHolder(holder, probe)) throw held(connection.path, holder)
}

function held(path: string, holder: string): StoreError {
  return new StoreError('STORE_HELD', `${path} is held by ${holder}`, {
    hint: 'wait until it has closed the store; see who it is: holdfast status',
  })
}
