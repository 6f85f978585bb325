/**
 * Leases: time-limited ownership of a name, shared by every process on one store.
 *
 * A change of owner raises `fencingToken` by one, and it never goes back. A holder that slept
 * past its expiry therefore carries a smaller token than its successor: `ensure` refuses it, in
 * the transaction of the write that it protects.
 */
import { checkArgument, checkFields, type Kinds, NAME, OBJECT, shown, WHOLE } from '../arguments.ts'
import type { Connection } from '../connection/connection.ts'
import { LeaseHeldError, StoreError } from '../errors.ts'
import { isProcessAlive, type Liveness, parseIdentity } from './identity.ts'
import type { ProcessProbe } from './process-probe.ts'

/** A lease as granted. */
export interface Lease {
  readonly name: string
  readonly owner: string
  readonly fencingToken: number
  /** Epoch milliseconds; renew before. */
  readonly expiresAtMs: number
}

/** What to take. */
export interface LeaseRequest {
  /** What is leased; every process gives it the same name. */
  readonly name: string
  /** How long it lasts unless renewed, in milliseconds. */
  readonly ttlMs: number
  /** Who takes it; left out: this process. */
  readonly owner?: string
}

/** A change of owner, told to whoever keeps the log of them. */
export interface LeaseChange {
  readonly kind: 'acquired' | 'released'
  readonly lease: Lease
  readonly previousOwner: string | null
}

/** What leases work with. */
export interface LeasesOptions {
  readonly connection: Connection
  readonly clock: () => number
  readonly probe: ProcessProbe
  /** This process, formatted. */
  readonly process: string
  /** Called inside the transaction of a change of owner. */
  readonly onChange: (change: LeaseChange) => void
}

interface LeaseRow extends Lease {
  readonly process: string
  readonly ttlMs: number
}

const FIND = /* sql */ `
  SELECT name, owner, process, fencing_token AS fencingToken, ttl_ms AS ttlMs,
         expires_at_ms AS expiresAtMs
  FROM leases WHERE name = ?`
const LIST = /* sql */ `
  SELECT name, owner, process, fencing_token AS fencingToken, ttl_ms AS ttlMs,
         expires_at_ms AS expiresAtMs
  FROM leases WHERE owner <> '' ORDER BY name`
const TAKE = /* sql */ `
  INSERT INTO leases (name, owner, process, fencing_token, ttl_ms, expires_at_ms)
  VALUES (:name, :owner, :process, 1, :ttlMs, :expiresAtMs)
  ON CONFLICT (name) DO UPDATE SET
    fencing_token = fencing_token + 1, owner = excluded.owner, process = excluded.process,
    ttl_ms = excluded.ttl_ms, expires_at_ms = excluded.expires_at_ms`
const EXTEND = /* sql */ `
  UPDATE leases SET ttl_ms = :ttlMs, expires_at_ms = :expiresAtMs, process = :process
  WHERE name = :name AND owner = :owner AND fencing_token = :fencingToken`
// The row stays, for its token must outlive every owner.
const RELEASE = /* sql */ `
  UPDATE leases SET owner = '', process = '', expires_at_ms = 0
  WHERE name = :name AND owner = :owner AND fencing_token = :fencingToken`

// An expired lease whose process is alive may only look expired: the clock may have jumped. It is
// taken when it was seen so twice, this long apart by the clock that does not jump.
const SECOND_LOOK_MS = 1000
const MAX_SIGHTINGS = 1000
const MAX_TTL_MS = 30 * 24 * 3_600_000

const LEASE: Kinds = { name: NAME, owner: NAME, fencingToken: WHOLE }

interface Sighting {
  readonly expiresAtMs: number
  readonly at: number
}

/** The leases of one store. */
export class Leases {
  readonly #options: LeasesOptions
  readonly #sightings = new Map<string, Sighting>()

  constructor(options: LeasesOptions) {
    this.#options = options
  }

  /** Takes a lease, or extends one's own; throws {@link LeaseHeldError} while another has it. */
  acquire(request: LeaseRequest): Lease {
    checkArgument('acquire: the request', request, OBJECT)
    checkRequest(request)
    const { connection, process } = this.#options
    const owner = request.owner ?? process
    return connection.write(() => {
      const held = connection.get<LeaseRow>(FIND, [request.name])
      if (held && held.owner === owner && held.process === process) {
        return this.#extend(held, request.ttlMs)
      }
      if (held && !this.#isFree(held))
        throw new LeaseHeldError(held.name, held.owner, held.expiresAtMs)
      return this.#take(request, owner, held)
    })
  }

  /** Extends a lease by its ttl from now; throws `LEASE_LOST` when another has taken it. */
  renew(lease: Lease, ttlMs?: number): Lease {
    checkFields('renew: the lease', lease, LEASE)
    if (ttlMs !== undefined) checkRequest({ ...lease, ttlMs })
    const { connection } = this.#options
    return connection.write(() => {
      const row = this.#ensureCurrent(lease)
      return this.#extend(row, ttlMs ?? row.ttlMs)
    })
  }

  /** Gives a lease back; nothing happens when it was lost meanwhile. */
  release(lease: Lease): void {
    checkFields('release: the lease', lease, LEASE)
    const { connection, onChange } = this.#options
    const { name, owner, fencingToken } = lease
    connection.write(() => {
      const { changes } = connection.run(RELEASE, { name, owner, fencingToken })
      if (changes > 0) onChange({ kind: 'released', lease, previousOwner: owner })
    })
  }

  /** Throws `LEASE_LOST` unless the lease is still held with this token; for use inside a write. */
  ensure(lease: Lease): void {
    checkFields('ensure: the lease', lease, LEASE)
    const row = this.#ensureCurrent(lease)
    if (row.expiresAtMs <= this.#options.clock()) throw lost(lease, 'it has expired')
  }

  /** The lease of this name while somebody holds it. */
  get(name: string): Lease | undefined {
    checkArgument('get: the name of a lease', name, NAME)
    const row = this.#options.connection.get<LeaseRow>(FIND, [name])
    return row && row.owner !== '' && row.expiresAtMs > this.#options.clock()
      ? publicLease(row)
      : undefined
  }

  /** Every lease that has an owner, expired ones included. */
  list(): (Lease & { readonly liveness: Liveness })[] {
    return this.#options.connection
      .all<LeaseRow>(LIST)
      .map((row) => ({ ...publicLease(row), liveness: this.#livenessOf(row) }))
  }

  #take(request: LeaseRequest, owner: string, held: LeaseRow | undefined): Lease {
    const { connection, clock, onChange, process } = this.#options
    const { name, ttlMs } = request
    connection.run(TAKE, { name, owner, process, ttlMs, expiresAtMs: clock() + ttlMs })
    const row = connection.get<LeaseRow>(FIND, [name])
    if (!row) throw new Error(`lease '${name}' was taken and is not there`)
    this.#sightings.delete(name)
    onChange({ kind: 'acquired', lease: publicLease(row), previousOwner: held?.owner || null })
    return publicLease(row)
  }

  #extend(row: LeaseRow, ttlMs: number): Lease {
    const { connection, clock, process } = this.#options
    const { name, owner, fencingToken } = row
    const expiresAtMs = clock() + ttlMs
    connection.run(EXTEND, { name, owner, process, fencingToken, ttlMs, expiresAtMs })
    return { name, owner, fencingToken, expiresAtMs }
  }

  #isFree(held: LeaseRow): boolean {
    if (held.owner === '') return true
    const liveness = this.#livenessOf(held)
    if (liveness === 'dead') return true
    if (held.expiresAtMs > this.#options.clock()) return false
    return liveness === 'unknown' || this.#wasSeenExpired(held)
  }

  #wasSeenExpired(held: LeaseRow): boolean {
    const now = performance.now()
    const before = this.#sightings.get(held.name)
    if (before?.expiresAtMs === held.expiresAtMs) {
      return now - before.at >= Math.min(SECOND_LOOK_MS, held.ttlMs)
    }
    if (this.#sightings.size >= MAX_SIGHTINGS) this.#sightings.clear()
    this.#sightings.set(held.name, { expiresAtMs: held.expiresAtMs, at: now })
    return false
  }

  #livenessOf(row: LeaseRow): Liveness {
    if (row.process === this.#options.process) return 'alive'
    const identity = parseIdentity(row.process)
    return identity ? isProcessAlive(identity, this.#options.probe) : 'unknown'
  }

  #ensureCurrent(lease: Lease): LeaseRow {
    const row = this.#options.connection.get<LeaseRow>(FIND, [lease.name])
    if (row && row.owner === lease.owner && row.fencingToken === lease.fencingToken) return row
    throw lost(lease, row && row.owner !== '' ? `${row.owner} has it now` : 'it was released')
  }
}

function publicLease({ name, owner, fencingToken, expiresAtMs }: LeaseRow): Lease {
  return { name, owner, fencingToken, expiresAtMs }
}

function lost(lease: Lease, why: string): StoreError {
  return new StoreError('LEASE_LOST', `lease '${lease.name}' of ${lease.owner}: ${why}`, {
    hint: 'stop what the lease protects, and acquire it again',
  })
}

function isTtl(ttlMs: number): boolean {
  return Number.isInteger(ttlMs) && ttlMs > 0 && ttlMs <= MAX_TTL_MS
}

function checkRequest({ name, ttlMs, owner }: LeaseRequest): void {
  if (NAME.fits(name) && (owner === undefined || NAME.fits(owner)) && isTtl(ttlMs)) return
  throw new StoreError(
    'ARGUMENT_INVALID',
    `a lease needs a name, an owner and a whole ttlMs from 1 to ${MAX_TTL_MS}; got ${shown(name)}, ${shown(owner)}, ${shown(ttlMs)}`,
    { hint: `leave owner out to use this process; a name is ${NAME.name}` },
  )
}
