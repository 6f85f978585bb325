/** The kernel as a module: its tables, and the events it appends itself. */

import type { LeaseChange } from '../leases/leases.ts'
import type { PortChange } from '../leases/ports-types.ts'
import { event } from '../log/event-definition.ts'
import type { Module } from '../log/module.ts'
import type { NewEvent } from '../log/types.ts'
import {
  KERNEL_MIGRATIONS,
  KERNEL_MODULE,
  KERNEL_TABLES,
  KERNEL_VERSION,
} from '../migrations/kernel-schema.ts'

const KEEP = { keep: { days: 7 } } as const

/** Loaded in every store. It folds nothing: its tables are bookkeeping, not projections. */
export const KERNEL: Module<undefined> = {
  name: KERNEL_MODULE,
  version: KERNEL_VERSION,
  events: new Map([
    ['holdfast.lease.acquired', event(undefined, KEEP)],
    ['holdfast.lease.released', event(undefined, KEEP)],
    ['holdfast.ports.claimed', event(undefined, KEEP)],
    ['holdfast.ports.released', event(undefined, KEEP)],
  ]),
  migrations: KERNEL_MIGRATIONS,
  open: undefined,
  local: KERNEL_TABLES,
  tables: KERNEL_TABLES,
  project: () => undefined,
  api: () => undefined,
  shape: null,
}

/** An event of the kernel's own, and where it goes. */
export interface KernelEvent {
  readonly stream: string
  readonly event: NewEvent
}

/** The event of a change of a lease's owner. Renewals are none: they would flood the log. */
export function leaseEvent({ kind, lease, previousOwner }: LeaseChange): KernelEvent {
  return {
    stream: `holdfast.lease/${lease.name}`,
    event: { type: `holdfast.lease.${kind}`, data: { ...lease, previousOwner } },
  }
}

/** The event of a port block that was claimed or given back; reservations are none. */
export function portEvent({ kind, block }: PortChange): KernelEvent {
  return {
    stream: `holdfast.ports/${block.base}`,
    event: { type: `holdfast.ports.${kind}`, data: block },
  }
}
