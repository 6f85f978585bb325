/**
 * A store for one test: in a temporary folder, with a clock, ids and randomness that are the same
 * at every run. Closing it removes the folder.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ModuleMap, type OpenOptions, openStore, type Store } from '../index.ts'
import { TestClock } from './test-clock.ts'

/** Options of {@link createTestStore}: those of `openStore`, and a clock to share. */
export interface TestStoreOptions extends Omit<OpenOptions, 'clock'> {
  /** Default: a new one, which stands at 2026-01-01T00:00:00Z. */
  readonly clock?: TestClock
}

/** A store in a folder of its own. */
export class TestStore<const Modules extends ModuleMap> {
  /** The clock of every handle on this store. */
  readonly clock: TestClock
  readonly #directory: string
  readonly #modules: Modules
  readonly #options: OpenOptions
  readonly #opened: { close(): void }[] = []
  #store: Store<Modules>

  /** @internal Use {@link createTestStore}. */
  constructor(modules: Modules, options: TestStoreOptions) {
    const { clock = new TestClock(), ...rest } = options
    this.clock = clock
    this.#directory = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
    this.#modules = modules
    let ids = 0
    const newId = () => `id-${++ids}`
    this.#options = { newId, random: () => 0.5, ...rest, clock: clock.now }
    try {
      this.#store = this.open()
    } catch (error) {
      rmSync(this.#directory, { recursive: true, force: true })
      throw error
    }
  }

  /** The store. */
  get store(): Store<Modules> {
    return this.#store
  }

  /** The store's file. */
  get path(): string {
    return join(this.#directory, 'state.db')
  }

  /** Opens one more handle on the same file, as another process would have it. */
  open(options: OpenOptions = {}): Store<Modules> {
    return this.openWith(this.#modules, options)
  }

  /** As `open`, with other modules: another release of the tool. */
  openWith<const Others extends ModuleMap>(
    modules: Others,
    options: OpenOptions = {},
  ): Store<Others> {
    // The keys were checked where they were written; here they are only passed on.
    const store = openStore<Others>(this.path, modules as never, { ...this.#options, ...options })
    this.#opened.push(store)
    return store
  }

  /** Closes the store and opens it again, so that nothing is known but what the file says. */
  reopen(): Store<Modules> {
    this.#store.close()
    this.#store = this.open()
    return this.#store
  }

  /** Closes every handle and removes the folder. */
  close(): void {
    for (const store of this.#opened.splice(0)) store.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/**
 * Makes a store for one test, with the given modules under their keys.
 *
 * @example
 * ```ts
 * import { collection } from 'holdfast'
 * import { createTestStore } from 'holdfast/testing'
 * const test = createTestStore({ tasks: collection<{ id: string }>() })
 * test.store.tasks.put({ id: test.store.newId() })
 * test.clock.advance(60_000)
 * test.close()
 * ```
 */
export function createTestStore<const Modules extends ModuleMap = Readonly<Record<never, never>>>(
  modules?: Modules,
  options: TestStoreOptions = {},
): TestStore<Modules> {
  return new TestStore(modules ?? ({} as Modules), options)
}
