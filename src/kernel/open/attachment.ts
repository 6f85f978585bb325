/**
 * The kernel behind a store. A store opened for reading may have no file yet: it attaches by itself
 * as soon as there is one, and every use looks again.
 */
import { StoreError } from '../errors.ts'
import type { Module } from '../log/module.ts'
import { readLedger } from '../migrations/migrate.ts'
import type { Kernel } from './kernel.ts'
import { storeFileExists } from './store-file.ts'
import { storedModules } from './stored-modules.ts'

/** Opens the kernel, or finds that there is none yet. */
export class Attachment {
  readonly path: string
  /** As whom it holds the store; only in exclusive mode. */
  readonly holder: string | undefined
  /** Why this file. */
  readonly why: string
  readonly #open: () => Kernel
  readonly #openAnother: (more: readonly Module[]) => Kernel
  #kernel: Kernel | undefined
  #isClosed = false

  constructor(options: {
    readonly path: string
    readonly holder: string | undefined
    readonly why: string
    readonly open: () => Kernel
    /** Opens the file for writing, with the program's modules and those given. */
    readonly openAnother: (more: readonly Module[]) => Kernel
    /** True in read mode: a missing file is no error at first. */
    readonly mayBeMissing: boolean
  }) {
    this.path = options.path
    this.holder = options.holder
    this.why = options.why
    this.#open = options.open
    this.#openAnother = options.openAnother
    if (!options.mayBeMissing || storeFileExists(options.path))
      this.#tryAttach(options.mayBeMissing)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get isAttached(): boolean {
    if (!this.#kernel && !this.#isClosed && storeFileExists(this.path)) this.#tryAttach(true)
    return this.#kernel !== undefined
  }

  /** The kernel; throws `STORE_MISSING` while there is no store, `STORE_CLOSED` afterwards. */
  get kernel(): Kernel {
    if (this.#isClosed) throw closed(this.path)
    if (this.#kernel) return this.#kernel
    if (this.isAttached && this.#kernel) return this.#kernel
    throw new StoreError('STORE_MISSING', `there is no store at ${this.path}`, {
      hint: 'open it once for writing, or import into it: holdfast import <folder>',
    })
  }

  /** A further kernel on the same file, with more modules; closing it is the caller's. */
  openAnother(more: readonly Module[]): Kernel {
    return this.#openAnother(more)
  }

  /** Collections and documents in the store that the kernel was not opened with. */
  storedModules(): Module[] {
    const { connection, registry } = this.kernel
    return storedModules(readLedger(connection), [...registry.modules.values()])
  }

  /** Throws `STORE_OLDER` when a store that is there lacks the module, or has an older one. */
  ensureReadable(module: Module): void {
    if (!this.isAttached) return
    const { states } = this.kernel
    states.refresh()
    states.ensureReadable(module)
  }

  close(): void {
    // Not before: what is queued is written while the kernel closes.
    try {
      this.#kernel?.close()
    } finally {
      this.#isClosed = true
    }
  }

  #tryAttach(mayBeMissing: boolean): void {
    try {
      this.#kernel = this.#open()
    } catch (error) {
      // Between the look and the opening, or in the middle of being made.
      if (mayBeMissing && error instanceof StoreError && error.code === 'STORE_MISSING') return
      throw error
    }
  }
}

// Verifying and following open connections of their own: a closed store must not give them one.
function closed(path: string): StoreError {
  return new StoreError('STORE_CLOSED', `${path} was closed`, {
    hint: 'open it again with openStore()',
  })
}
