/**
 * Builders, and how one comes to be.
 *
 * `reserve` writes the row before there is a worktree or a process; `activate` says that they are
 * there; `abandon` takes the row away. A crash in between leaves a reservation that names the
 * spawning process, and `reserve` for the same id takes it over once that process has ended, or
 * after a minute. Each reservation has a token, so that whoever lost it cannot activate it.
 */
import { LeaseHeldError, type ModuleStore, type ProcessProbe, StoreError } from '../../index.ts'
import { streamOf } from './events.ts'
import { livenessOf } from './liveness.ts'
import { type Complete, Rows } from './rows.ts'
import { BUILDERS_BY_STATUS } from './sql.ts'
import type { Builder, Draft } from './types.ts'

/** A builder to be. */
export interface BuilderReservation {
  readonly builder: Builder
  /** Version of the builder's stream: another one means that it has been taken over. */
  readonly token: number
}

const RESERVATION_MS = 60_000
const DEFAULT_LIMIT = 1000

/** The builders of a workspace. */
export class Builders extends Rows<'builder'> {
  readonly #probe: ProcessProbe

  /** @internal Use `farm.in(workspace).builders`. */
  constructor(
    store: ModuleStore,
    workspace: string,
    complete: Complete<Builder>,
    probe: ProcessProbe,
  ) {
    super(store, 'builder', workspace, complete)
    this.#probe = probe
  }

  /** All builders, or those of one status, the oldest first. */
  override list(options: { readonly status?: string; readonly limit?: number } = {}): Builder[] {
    const { status, limit = DEFAULT_LIMIT } = options
    if (status === undefined) return super.list({ limit })
    const { workspace } = this
    return this.store.read((tx) =>
      tx.all<Builder>(BUILDERS_BY_STATUS, { workspace, status, limit }),
    )
  }

  /**
   * Takes an id (and a port) for a builder that is about to be made. Throws `LEASE_HELD` while
   * another process makes it or it is running, `CONSTRAINT` when the port is taken.
   */
  reserve(draft: Draft<Builder>): BuilderReservation {
    return this.store.write((tx) => {
      const before = this.find(tx, draft.id)
      if (before) this.#ensureFree(before)
      const builder = this.save(tx, {
        spawnedBy: before?.spawnedBy ?? null,
        ...draft,
        // Until the builder has a process of its own, the row is its maker's.
        pid: this.#probe.pid,
        state: 'reserved',
        expiresAtMs: this.store.clock() + RESERVATION_MS,
      })
      return { builder, token: this.#version(draft.id) }
    })
  }

  /** The builder is there: its process, worktree and whatever else is now known. */
  activate(
    reservation: BuilderReservation,
    known: Partial<Omit<Builder, 'workspace' | 'id'>>,
  ): Builder {
    return this.store.write((tx) => {
      this.#ensureHeld(reservation)
      const { process: _, ...draft } = reservation.builder
      return this.save(tx, { ...draft, pid: null, ...known, state: 'active', expiresAtMs: null })
    })
  }

  /** Gives a reservation up; false when it is another's by now. */
  abandon(reservation: BuilderReservation): boolean {
    return this.store.write((tx) => {
      const { id } = reservation.builder
      return this.#version(id) === reservation.token && this.remove(tx, id)
    })
  }

  /** Who spawned it: a name, `null` where nobody recorded it, `undefined` for no such builder. */
  ownerOf(id: string): string | null | undefined {
    return this.get(id)?.spawnedBy
  }

  #ensureFree(before: Builder): void {
    const liveness = livenessOf(before, this.#probe)
    if (liveness === 'dead' || liveness === 'none') return
    const { id, process, expiresAtMs, state, pid } = before
    if (state === 'reserved') {
      const isOver = expiresAtMs !== null && expiresAtMs <= this.store.clock()
      if (isOver) return
      throw new LeaseHeldError(`builder ${id}`, process, expiresAtMs ?? 0)
    }
    // Only a pid, from an older file: no reason to keep a builder from starting.
    if (liveness === 'unknown' && process === '') return
    throw new StoreError('LEASE_HELD', `builder '${id}' is running as process ${pid}`, {
      hint: 'stop it first, or spawn under another id',
    })
  }

  #ensureHeld({ builder, token }: BuilderReservation): void {
    if (this.#version(builder.id) === token) return
    throw new StoreError('LEASE_LOST', `the reservation of builder '${builder.id}' is gone`, {
      hint: 'end what was started for it, and reserve again',
    })
  }

  #version(id: string): number {
    return this.store.log.streamVersion(streamOf('builder', { workspace: this.workspace, id }))
  }
}
