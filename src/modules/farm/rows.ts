/**
 * The rows of one kind in one workspace, by the five verbs.
 *
 * Invariant: a row is read, completed and written in one transaction, so what it inherits (when it
 * started, who spawned it) is never what another process has changed meanwhile.
 */
import {
  type ModuleStore,
  type ReadTransaction,
  StoreError,
  type WriteTransaction,
} from '../../index.ts'
import { ROW_TYPES, streamOf } from './events.ts'
import { SQL } from './sql.ts'
import type { Draft, FarmKind, FarmRow, FarmRows } from './types.ts'

/** Fills in what a draft leaves out; `before` is the row it replaces. */
export type Complete<Row extends FarmRow> = (
  draft: Draft<Row>,
  before: Row | undefined,
  workspace: string,
) => Row

const DEFAULT_LIMIT = 1000

/** Rows of one kind. */
export class Rows<Kind extends FarmKind> {
  readonly kind: Kind
  readonly workspace: string
  protected readonly store: ModuleStore
  readonly #complete: Complete<FarmRows[Kind]>

  /** @internal Use `farm.in(workspace)`. */
  constructor(
    store: ModuleStore,
    kind: Kind,
    workspace: string,
    complete: Complete<FarmRows[Kind]>,
  ) {
    this.store = store
    this.kind = kind
    this.workspace = workspace
    this.#complete = complete
  }

  /** Adds a row, or replaces the one with its id; throws `CONSTRAINT` when its port is taken. */
  put(draft: Draft<FarmRows[Kind]>): FarmRows[Kind] {
    return this.store.write((tx) => this.save(tx, draft))
  }

  /** As `put`, but gives `undefined` when the port is taken, so that another can be tried. */
  tryPut(draft: Draft<FarmRows[Kind]>): FarmRows[Kind] | undefined {
    return this.store.write((tx) =>
      this.#portHolder(tx, draft.id, draft.port ?? 0) ? undefined : this.save(tx, draft),
    )
  }

  /** The row, or `undefined`. */
  get(id: string): FarmRows[Kind] | undefined {
    return this.store.read((tx) => this.find(tx, id))
  }

  /** All rows, the oldest first. */
  list({ limit = DEFAULT_LIMIT }: { readonly limit?: number } = {}): FarmRows[Kind][] {
    const { workspace } = this
    return this.store.read((tx) => tx.all(SQL[this.kind].list, { workspace, limit }))
  }

  /** Reads, changes and writes in one transaction; throws `NOT_FOUND`. */
  update(
    id: string,
    change: (row: FarmRows[Kind]) => Partial<Omit<FarmRows[Kind], 'workspace' | 'id'>>,
  ): FarmRows[Kind] {
    return this.store.write((tx) => {
      const before = this.find(tx, id)
      if (!before) {
        throw new StoreError('NOT_FOUND', `there is no ${this.kind} '${id}' in ${this.workspace}`, {
          hint: 'see what there is: holdfast farm ps',
        })
      }
      const changed = change(before)
      const { process, ...rest } = before
      // The process belongs to the pid: with another pid it is found out anew.
      const isSame = !('pid' in changed) || changed.pid === before.pid
      const draft = { ...rest, ...(isSame && { process }), ...changed, id }
      return this.save(tx, draft as Draft<FarmRows[Kind]>)
    })
  }

  /** Deletes the row; false when there was none. */
  delete(id: string): boolean {
    return this.store.write((tx) => this.remove(tx, id))
  }

  protected find(tx: ReadTransaction, id: string): FarmRows[Kind] | undefined {
    return tx.get(SQL[this.kind].get, { workspace: this.workspace, id })
  }

  protected save(tx: WriteTransaction, draft: Draft<FarmRows[Kind]>): FarmRows[Kind] {
    const row = this.#complete(draft, this.find(tx, draft.id), this.workspace)
    const holder = this.#portHolder(tx, row.id, row.port)
    if (holder) {
      throw new StoreError(
        'CONSTRAINT',
        `port ${row.port} of ${this.kind} '${row.id}' is taken by '${holder.id}'`,
        { hint: 'choose another port, or 0 for none' },
      )
    }
    tx.append(streamOf(this.kind, row), { type: ROW_TYPES[this.kind].saved, data: row })
    return row
  }

  protected remove(tx: WriteTransaction, id: string): boolean {
    const { kind, workspace } = this
    if (!this.find(tx, id)) return false
    const data = { workspace, id }
    tx.append(streamOf(kind, data), { type: ROW_TYPES[kind].removed, data })
    return true
  }

  #portHolder(tx: ReadTransaction, id: string, port: number): FarmRow | undefined {
    const { workspace } = this
    return tx.get(SQL[this.kind].portHolder, { workspace, id, port })
  }
}
