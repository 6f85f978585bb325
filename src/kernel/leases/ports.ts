/**
 * Port blocks: consecutive ports that belong to one key, for all processes of a machine. They are
 * kept in the user store, since a port belongs to the machine and not to a project.
 *
 * Invariant: no port is in two held blocks. A block is granted in one statement under the write
 * lock; what a granted block is then used for is outside of any transaction, so a claim has two
 * halves, reserve and activate, and a process that ends between them leaves a reservation that
 * says who it was and is free again at once, or after a minute where nobody can tell.
 */
import {
  BOOLEAN,
  checkArgument,
  checkFields,
  checkOptions,
  DURATION,
  type Kinds,
  OBJECT,
  TEXT,
  WHOLE,
} from '../arguments.ts'
import type { Connection } from '../connection/connection.ts'
import { isStoreError, LeaseHeldError, StoreError } from '../errors.ts'
import type { Liveness } from './identity.ts'
import { livenessOf } from './liveness-of.ts'
import { type ClaimSteps, claimFreeBlock } from './ports-claim.ts'
import { portsExhausted } from './ports-exhausted.ts'
import { canonicalKey, keyPathExists } from './ports-key.ts'
import { settleLayout } from './ports-layout.ts'
import { type BindProbe, probeByBinding } from './ports-probe.ts'
import { judge } from './ports-reap.ts'
import { type PortRow, publicBlock } from './ports-row.ts'
import * as sql from './ports-sql.ts'
import type {
  PortBlock,
  PortBlockStatus,
  PortChange,
  PortLayout,
  PortReaping,
  PortReapOptions,
  SettledLayout,
} from './ports-types.ts'
import type { ProcessProbe } from './process-probe.ts'

/** What port blocks work with. */
export interface PortsOptions {
  readonly connection: Connection
  readonly clock: () => number
  readonly probe: ProcessProbe
  /** This process, formatted. */
  readonly process: string
  /** Called inside the transaction of a change of holder. */
  readonly onChange: (change: PortChange) => void
  /** Default: really binds. */
  readonly bindProbe?: BindProbe
}

/** How long a reservation lasts without being activated. */
const RESERVATION_MS = 60_000
/** How long a block in which another program listens is passed over. */
const OCCUPIED_MS = 10 * 60_000
const DEFAULT_GRACE_MS = 3_600_000

const HELD: Kinds = { base: WHOLE, fencingToken: WHOLE }

/** The port blocks of one layout. */
export class Ports {
  readonly #options: PortsOptions
  readonly #layout: SettledLayout

  constructor(options: PortsOptions, layout: PortLayout = {}) {
    this.#options = options
    this.#layout = settleLayout(layout)
  }

  /** The blocks of another layout, in the same store. */
  with(layout: PortLayout): Ports {
    checkArgument('ports.with: the layout', layout, OBJECT)
    return new Ports(this.#options, { ...this.#layout, ...layout })
  }

  /**
   * Gives the key's block, or the first free one: by the registry alone, nothing is bound. Throws
   * `PORTS_EXHAUSTED`, naming the holders.
   */
  allocate(key: string): PortBlock {
    return this.#grant(key, 'active')
  }

  /**
   * As `allocate`, but only the block from `base` on, for taking over another registry's: gives the
   * one that the key has, or `undefined` when others have ports of this one.
   */
  allocateAt(key: string, base: number): PortBlock | undefined {
    checkArgument('ports.allocateAt: base', base, WHOLE)
    try {
      return this.with({ base, count: 1, reserved: [] }).allocate(key)
    } catch (error) {
      if (isStoreError(error, 'PORTS_EXHAUSTED')) return undefined
      throw error
    }
  }

  /**
   * Takes a block for a minute; `activate` makes it last. Throws `LEASE_HELD` while another process
   * has reserved one for the same key.
   */
  reserve(key: string): PortBlock {
    return this.#grant(key, 'reserved')
  }

  /** Makes a reservation last; throws `LEASE_LOST` when it has gone to another. */
  activate(block: PortBlock): PortBlock {
    checkFields('ports.activate: the block', block, { ...HELD, key: TEXT })
    const { connection } = this.#options
    return connection.write(() => this.#activate(block))
  }

  /** Gives a block back; false when it was not this holder's any more. */
  release(block: Pick<PortBlock, 'base' | 'fencingToken'>): boolean {
    checkFields('ports.release: the block', block, HELD)
    const { connection } = this.#options
    return connection.write(() => {
      const row = connection.get<PortRow>(sql.FIND_BY_BASE, [block.base])
      return row?.fencingToken === block.fencingToken && this.#free(row)
    })
  }

  /**
   * Gives the key's block, or the first in which no port is in use, found out by binding them all
   * outside any transaction. Blocks in which another program listens are passed over for ten
   * minutes. Throws `PORTS_EXHAUSTED`.
   */
  claimFree(key: string): Promise<PortBlock> {
    const { bindProbe = probeByBinding } = this.#options
    const steps: ClaimSteps = {
      reserve: (wanted) => this.reserve(wanted),
      activate: (block) => this.activate(block),
      release: (block) => this.release(block),
      occupy: (block, port) => this.#occupy(block, port),
    }
    return claimFreeBlock(steps, key, bindProbe)
  }

  /** The block of a key, reserved or active. */
  get(key: string): PortBlock | undefined {
    const row = this.#find(canonicalKey(key))
    return row && publicBlock(row)
  }

  /** Every block of every registry that is not free, by port. */
  list(): PortBlockStatus[] {
    return this.#options.connection.all<PortRow>(sql.LIST).map((row) => ({
      ...row,
      liveness: this.#livenessOf(row),
      pathExists: row.state === 'occupied' ? null : keyPathExists(row.key),
    }))
  }

  /**
   * Frees what nobody can want any more: expired reservations, those of ended processes, and blocks
   * of folders that have been gone for long. Only shows it, unless `dryRun` is false.
   */
  reap(options: PortReapOptions = {}): PortReaping[] {
    checkOptions('ports.reap', options, { dryRun: BOOLEAN, graceMs: DURATION })
    const { dryRun = true, graceMs = DEFAULT_GRACE_MS } = options
    const { connection, clock } = this.#options
    const judged = () =>
      this.list().flatMap((block) => {
        const reaping = judge(block, { nowMs: clock(), graceMs })
        return reaping ? [{ block, reaping }] : []
      })
    if (dryRun) return judged().map(({ reaping }) => reaping)
    // Judged anew under the lock, so that a block taken up in between is not touched.
    return connection.write(() =>
      judged().map(({ block, reaping }) => {
        if (reaping.action === 'free') this.#free(block)
        else {
          const { base, fencingToken, process } = block
          connection.run(sql.FORGET_PROCESS, { base, fencingToken, process })
        }
        return reaping
      }),
    )
  }

  #grant(rawKey: string, state: 'reserved' | 'active'): PortBlock {
    const { connection, clock } = this.#options
    const key = canonicalKey(rawKey)
    return connection.write(() => {
      const nowMs = clock()
      connection.run(sql.FREE_EXPIRED, { nowMs })
      const own = this.#find(key)
      if (own) return this.#join(own, state, nowMs)
      if (!this.#fill(key, state, nowMs)) {
        this.#freeDeadReservations()
        if (!this.#fill(key, state, nowMs)) throw portsExhausted(this.#layout, this.list())
      }
      return this.#granted(key)
    })
  }

  // The key has a block already: of this process, of another one, or of one that has ended.
  #join(own: PortRow, state: 'reserved' | 'active', nowMs: number): PortBlock {
    if (own.state === 'active' || state === 'active') return this.#activate(own)
    if (own.process !== this.#options.process && this.#livenessOf(own) !== 'dead') {
      throw new LeaseHeldError(`ports of ${own.key}`, own.process, own.expiresAtMs ?? nowMs)
    }
    const { connection, process } = this.#options
    const { base, fencingToken } = own
    const expiresAtMs = nowMs + RESERVATION_MS
    connection.run(sql.TAKE_OVER, { base, fencingToken, process, state, expiresAtMs, nowMs })
    return this.#granted(own.key)
  }

  #fill(key: string, state: 'reserved' | 'active', nowMs: number): boolean {
    const { connection, process } = this.#options
    const { reserved, ...layout } = this.#layout
    const { changes } = connection.run(sql.FILL_GAP, {
      ...layout,
      reserved: JSON.stringify(reserved),
      key,
      state,
      process,
      nowMs,
      expiresAtMs: state === 'reserved' ? nowMs + RESERVATION_MS : null,
    })
    return changes > 0
  }

  #granted(key: string): PortBlock {
    const row = this.#find(key)
    if (!row) throw new Error(`a port block was granted to '${key}' and is not there`)
    if (row.state === 'active') this.#tell('claimed', row)
    return publicBlock(row)
  }

  #activate({
    base,
    key,
    fencingToken,
  }: Pick<PortRow, 'base' | 'key' | 'fencingToken'>): PortBlock {
    const { connection, clock, process } = this.#options
    const before = connection.get<PortRow>(sql.FIND_BY_BASE, [base])
    const values = { base, fencingToken, process, nowMs: clock() }
    if (!before || connection.run(sql.ACTIVATE, values).changes === 0) {
      throw new StoreError('LEASE_LOST', `the ports from ${base} on are not held for ${key}`, {
        hint: 'the reservation has expired: reserve again, and activate within a minute',
      })
    }
    const after = {
      ...before,
      state: 'active',
      expiresAtMs: null,
      lastUsedAtMs: values.nowMs,
    } as const
    if (before.state === 'reserved') this.#tell('claimed', after)
    return publicBlock(after)
  }

  #occupy({ base, fencingToken }: PortBlock, port: number): void {
    const { connection, clock } = this.#options
    const expiresAtMs = clock() + OCCUPIED_MS
    const note = `port ${port} is in use`
    connection.write(() => connection.run(sql.OCCUPY, { base, fencingToken, expiresAtMs, note }))
  }

  #freeDeadReservations(): void {
    for (const row of this.#options.connection.all<PortRow>(sql.LIST)) {
      if (row.state === 'reserved' && this.#livenessOf(row) === 'dead') this.#free(row)
    }
  }

  #free(
    row: Pick<PortRow, 'base' | 'size' | 'registry' | 'key' | 'fencingToken' | 'state'>,
  ): boolean {
    const { base, fencingToken } = row
    const { changes } = this.#options.connection.run(sql.FREE, { base, fencingToken })
    if (changes > 0 && row.state === 'active') this.#tell('released', row)
    return changes > 0
  }

  #tell(kind: PortChange['kind'], row: PortChange['block']): void {
    const { base, size, registry, key, fencingToken } = row
    this.#options.onChange({ kind, block: { base, size, registry, key, fencingToken } })
  }

  #find(key: string): PortRow | undefined {
    const { registry } = this.#layout
    return this.#options.connection.get<PortRow>(sql.FIND_BY_KEY, { registry, key })
  }

  #livenessOf(row: Pick<PortRow, 'process'>): Liveness | 'none' {
    return livenessOf(row.process, this.#options.process, this.#options.probe)
  }
}
