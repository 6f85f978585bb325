/** The types of an open store and of what it is opened with. */
import type { Durability } from '../connection/pragmas.ts'
import type { BetterSqlite3 } from '../driver/better-sqlite3.ts'
import type { DriverName } from '../driver/driver.ts'
import type { Module, NamedByKey } from '../log/module.ts'
import type { ReadTransaction } from '../log/module-store.ts'
import type { MirrorOptions } from '../mirror/types.ts'
import type { StoreBase } from './store.ts'

/** What a store is opened with, by the key under which it is shown. */
export type ModuleMap = Readonly<Record<string, Module | NamedByKey>>

/** The API that a definition brings. */
export type ApiOf<Definition> =
  Definition extends NamedByKey<infer Api>
    ? Api
    : Definition extends Module<infer Api>
      ? Api
      : never

/** An open store: its own members, and each module under its key. */
export type Store<Modules extends ModuleMap = Readonly<Record<never, never>>> = StoreBase & {
  readonly [Key in keyof Modules]: ApiOf<Modules[Key]>
}

/** Makes a key that is a member of every store a compile error. */
export type WithoutCollisions<Modules extends ModuleMap> = {
  readonly [Key in keyof Modules]: Key extends keyof StoreBase ? never : Modules[Key]
}

/** What a process may do with a store. Fixed at open. */
export type Mode = 'read' | 'write' | 'exclusive'

/** Options of `openStore`. */
export interface OpenOptions {
  /**
   * `'write'` (default) creates the file and brings it up to date. `'read'` changes nothing, and
   * waits for a missing store to appear. `'exclusive'` keeps every other process from writing.
   */
  readonly mode?: Mode
  /**
   * When a write is safe: `'normal'` (default) survives the process being killed; `'full'` survives
   * power failure too, for the price of one fsync a commit.
   */
  readonly durability?: Durability
  /** How long to wait for the write lock, in milliseconds. Default 10,000. */
  readonly busyTimeoutMs?: number
  /**
   * A file or folder of legacy state, imported when the store is first opened for writing with it;
   * processes that race import it once. A missing one is no error. `store.import` imports later
   * changes, and says what it did.
   */
  readonly importFrom?: string
  /**
   * A file of JSON lines to which everything committed is written, for tools that read one: its path, or
   * that with options. Whoever opens the store for writing with it writes what is missing, at once, after
   * each commit and at the end; a store open for reading writes none. See `store.mirror`.
   */
  readonly mirror?: string | MirrorOptions
  /** The SQLite library to use; left out: the safest at hand. */
  readonly driver?: DriverName | BetterSqlite3
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number
  /** Makes ids. Default `crypto.randomUUID`. */
  readonly newId?: () => string
  /** Uniform in [0, 1); spreads waiting writers. Default `Math.random`. */
  readonly random?: () => number
  /**
   * Drops superseded events that a consumer had held back, a few after each thousandth append.
   * Default true; `false` leaves them to `prune()`.
   */
  readonly autoPrune?: boolean
  /** Allows a network file system, whose locks cannot be trusted. Default false. */
  readonly allowNetwork?: boolean
}

/** Read-only SQL on a store. */
export type SqlFace = ReadTransaction
