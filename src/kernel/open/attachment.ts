/**
 * The kernel behind a store. A store opened for reading may have no file yet: it attaches by itself
 * as soon as there is one, and every use looks again.
 */
import { StoreError } from '../errors.ts'
import type { Kernel } from './kernel.ts'
import { storeFileExists } from './store-file.ts'

/** Opens the kernel, or finds that there is none yet. */
export class Attachment {
  readonly path: string
  /** This process, as leases and the holder column have it. */
  readonly process: string
  /** Why this file. */
  readonly why: string
  readonly #open: () => Kernel
  #kernel: Kernel | undefined
  #isClosed = false

  constructor(options: {
    readonly path: string
    readonly process: string
    readonly why: string
    readonly open: () => Kernel
    /** True in read mode: a missing file is no error at first. */
    readonly mayBeMissing: boolean
  }) {
    this.path = options.path
    this.process = options.process
    this.why = options.why
    this.#open = options.open
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
    if (this.#kernel) return this.#kernel
    if (this.#isClosed) throw new StoreError('STORE_CLOSED', `${this.path} was closed`)
    if (this.isAttached && this.#kernel) return this.#kernel
    throw new StoreError('STORE_MISSING', `there is no store at ${this.path}`, {
      hint: 'open it once for writing, or import into it: holdfast import <folder>',
    })
  }

  close(): void {
    this.#isClosed = true
    this.#kernel?.close()
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
