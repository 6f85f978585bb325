/**
 * What a process can own in a store: leases, ports, presence. Each is made for whoever asks first,
 * and with it this process's identity: most programs open a store for its tables and its log alone.
 */
import type { Connection } from '../connection/connection.ts'
import { Leases } from '../leases/leases.ts'
import { Ports } from '../leases/ports.ts'
import { Presence } from '../leases/presence.ts'
import type { ProcessProbe } from '../leases/process-probe.ts'
import { type KernelEvent, leaseEvent, portEvent } from './kernel-module.ts'

/** What owning works with. */
export interface OwnersOptions {
  readonly connection: Connection
  readonly clock: () => number
  readonly probe: ProcessProbe
  /** This process, formatted. */
  readonly process: () => string
  /** Appends the event of a change. */
  readonly tell: (event: KernelEvent) => void
}

/** What of one open store can be owned. */
export class Owners {
  readonly #options: OwnersOptions
  #process: string | undefined
  #leases: Leases | undefined
  #ports: Ports | undefined
  #presence: Presence | undefined

  constructor(options: OwnersOptions) {
    this.#options = options
  }

  get leases(): Leases {
    const { connection, clock, probe, tell } = this.#options
    const ownProcess = () => this.#ownProcess()
    this.#leases ??= new Leases({
      ...{ connection, clock, probe },
      // Who only lists them, as status does, needs none of its own.
      get process() {
        return ownProcess()
      },
      onChange: (change) => tell(leaseEvent(change)),
    })
    return this.#leases
  }

  get ports(): Ports {
    const { tell } = this.#options
    this.#ports ??= new Ports({ ...this.#common(), onChange: (change) => tell(portEvent(change)) })
    return this.#ports
  }

  get presence(): Presence {
    this.#presence ??= new Presence(this.#common())
    return this.#presence
  }

  #common() {
    const { connection, clock, probe } = this.#options
    return { connection, clock, probe, process: this.#ownProcess() }
  }

  #ownProcess(): string {
    this.#process ??= this.#options.process()
    return this.#process
  }
}
