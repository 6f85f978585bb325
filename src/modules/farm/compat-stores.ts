/**
 * The stores behind the interface that takes no handle: opened when first needed, where the
 * environment says at that moment, and kept until they are closed.
 */
import { existsSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  openStore,
  resolveStorePath,
  resolveUserStorePath,
  type Store,
  type StorePath,
} from '../../index.ts'
import { farm } from './index.ts'
import type { WorkspaceFarm } from './workspace-farm.ts'

/** A store with a farm. */
export type FarmStore = Store<{ readonly farm: typeof farm }>

/** Where the interface looks; both are asked anew at each opening. */
export interface Surroundings {
  readonly cwd: () => string
  readonly env: () => Readonly<Record<string, string | undefined>>
}

const LEGACY_FOLDER = '.agent-farm'

/** The two stores. */
export class Stores {
  readonly #surroundings: Surroundings
  #local: FarmStore | undefined
  #global: FarmStore | undefined

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  /** The project's store; made, and older state of the project taken over, when first opened. */
  local(): FarmStore {
    if (this.#local) return this.#local
    const legacy = join(this.workspace(), LEGACY_FOLDER)
    const from = existsSync(legacy) ? { importFrom: legacy } : {}
    this.#local = openStore(this.localPath().path, { farm }, from)
    return this.#local
  }

  /** The user's store, for the ports of the machine; older blocks are taken over when first opened. */
  global(): FarmStore {
    if (this.#global) return this.#global
    const legacy = join(homedir(), LEGACY_FOLDER)
    // A store that was named is not the machine's: what the user has elsewhere is none of its business.
    const isNamed = (this.#surroundings.env()['HOLDFAST_USER_STORE'] ?? '') !== ''
    const from = !isNamed && existsSync(legacy) ? { importFrom: legacy } : {}
    const store = openStore.user({ farm }, from)
    store.farm.adoptBlocks(store.ports)
    this.#global = store
    return store
  }

  /** Which file is the project's store, and why. */
  localPath(): StorePath {
    return resolveStorePath({ cwd: this.#surroundings.cwd(), env: this.#surroundings.env() })
  }

  /** Which file is the user's store. Nothing is opened, or made. */
  globalPath(): string {
    return resolveUserStorePath({ env: this.#surroundings.env() }).path
  }

  /** The project that this process works in: the main worktree's folder, else the current one. */
  workspace(): string {
    const { HOLDFAST_STORE: _, ...env } = this.#surroundings.env()
    const cwd = this.#surroundings.cwd()
    try {
      const found = resolveStorePath({ cwd, env })
      if (found.kind === 'project') return dirname(dirname(found.path))
    } catch {
      // Neither a project nor a user store: the folder itself is the workspace.
    }
    return realpathSync(cwd)
  }

  /** The project's farm. */
  here(): WorkspaceFarm {
    return this.local().farm.in(this.workspace())
  }

  closeLocal(): void {
    this.#local?.close()
    this.#local = undefined
  }

  closeGlobal(): void {
    this.#global?.close()
    this.#global = undefined
  }
}
