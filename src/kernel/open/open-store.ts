/** `openStore`: the front door. */
import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import {
  ANY,
  BOOLEAN,
  checkArgument,
  checkOptions,
  DURATION,
  FUNCTION,
  type Kinds,
  OBJECT,
  oneOf,
  TEXT,
} from '../arguments.ts'
import { DURABILITY } from '../connection/pragmas.ts'
import { StoreError } from '../errors.ts'
import { currentProcessIdentity, formatIdentity } from '../leases/identity.ts'
import { systemProcessProbe } from '../leases/process-probe.ts'
import type { Module, NamedByKey } from '../log/module.ts'
import { Attachment } from './attachment.ts'
import { makeHolder } from './exclusive.ts'
import { importOnce, membersOf } from './import-store.ts'
import { mirrorOptions } from './make-mirror.ts'
import { openKernel } from './open-kernel.ts'
import { resolveUserStorePath } from './paths.ts'
import { StoreBase } from './store.ts'
import { assertStorePath } from './store-path.ts'
import type { ModuleMap, OpenOptions, Store, WithoutCollisions } from './store-types.ts'

/** The type of {@link openStore}. */
export interface OpenStore {
  /** Opens the store in `path`, creating it if need be, with the given modules under their keys. */
  <const Modules extends ModuleMap = Readonly<Record<never, never>>>(
    path: string,
    modules?: Modules & WithoutCollisions<Modules>,
    options?: OpenOptions,
  ): Store<Modules>
  /** Opens the per-user store, which all projects of a user share. */
  user<const Modules extends ModuleMap = Readonly<Record<never, never>>>(
    modules?: Modules & WithoutCollisions<Modules>,
    options?: OpenOptions,
  ): Store<Modules>
}

/**
 * Opens the store in `path`, creating it if need be, with the given modules under their keys.
 * `openStore.user(modules)` opens the per-user store.
 *
 * @example
 * ```ts
 * import { collection, openStore } from 'holdfast'
 * const store = openStore('.mytool/state.db', { tasks: collection<{ id: string; title: string }>() })
 * store.tasks.put({ id: 't1', title: 'Login' })
 * store.close()
 * ```
 */
export const openStore: OpenStore = Object.assign(openAtPath, { user: openUserStore })

function openAtPath<const Modules extends ModuleMap>(
  path: string,
  modules?: Modules,
  options?: OpenOptions,
): Store<Modules> {
  assertStorePath(path)
  return open(resolve(path), 'the program named it', modules, options) as Store<Modules>
}

function openUserStore<const Modules extends ModuleMap>(
  modules?: Modules,
  options?: OpenOptions,
): Store<Modules> {
  const { path, why } = resolveUserStorePath({ env: process.env })
  return open(path, why, modules, options) as Store<Modules>
}

function open(
  path: string,
  why: string,
  definitions: ModuleMap = {},
  given: OpenOptions = {},
): StoreBase {
  checkOptions('openStore', given, OPTIONS)
  const { mode = 'write', mirror } = given
  const options = mirror === undefined ? given : { ...given, mirror: mirrorOptions(mirror) }
  const modules = modulesOf(definitions)
  // Whichever of the store's connections writes.
  const holder = mode === 'exclusive' ? newHolder() : undefined
  const attachment = new Attachment({
    path,
    why,
    holder,
    open: () => openKernel(path, [...modules.values()], options, holder),
    openAnother: (more) => {
      // Pruning on the way is left to whoever writes from day to day: it took a seventh of an import.
      const importing = { ...options, mode: 'write', autoPrune: false } as const
      return openKernel(path, [...modules.values(), ...more], importing, holder)
    },
    mayBeMissing: mode === 'read',
  })
  const moduleNames = new Map(Array.from(modules, ([key, module]) => [key, module.name]))
  const { clock = Date.now, newId = randomUUID } = options
  const store = new StoreBase(attachment, { mode, clock, newId, moduleNames })
  try {
    showModules(store, modules, attachment)
    if (options.importFrom !== undefined && mode !== 'read') {
      importOnce({ attachment, reserved: membersOf(store) }, options.importFrom)
    }
  } catch (error) {
    // Nobody will have the store to close, nor what it holds to give back.
    store.close()
    throw error
  }
  return store
}

function newHolder(): string {
  return makeHolder(formatIdentity(currentProcessIdentity(systemProcessProbe())))
}

function showModules(
  store: StoreBase,
  modules: ReadonlyMap<string, Module>,
  attachment: Attachment,
): void {
  for (const [key, module] of modules) {
    const api = module.api(store)
    // A reader may be newer than the store, which it cannot bring up to date: it is told so for the
    // module that it asks for, and the others can be read.
    const get = () => {
      attachment.ensureReadable(module)
      return api
    }
    const property = store.mode === 'read' ? { get } : { value: api }
    Object.defineProperty(store, key, { ...property, enumerable: true })
  }
}

const OPTIONS: Kinds = {
  mode: oneOf('read', 'write', 'exclusive'),
  durability: DURABILITY,
  busyTimeoutMs: DURATION,
  importFrom: TEXT,
  mirror: ANY,
  driver: ANY,
  clock: FUNCTION,
  newId: FUNCTION,
  random: FUNCTION,
  autoPrune: BOOLEAN,
  allowNetwork: BOOLEAN,
}

// Fields of the object itself; methods stand on the class.
const FIELDS: ReadonlySet<string> = new Set(['mode', 'clock', 'newId', 'log', 'sql'])

// What the types say, said to those who have none.
function modulesOf(definitions: ModuleMap): Map<string, Module> {
  checkArgument('openStore: the modules', definitions, OBJECT)
  const modules = new Map<string, Module>()
  for (const [key, definition] of Object.entries(definitions)) {
    if (FIELDS.has(key) || key in StoreBase.prototype) {
      throw new StoreError('MODULE_INVALID', `no module can have the key '${key}'`, {
        hint: 'every store has a member of this name: choose another key',
      })
    }
    const isDefinition =
      OBJECT.fits(definition) && ('named' in definition || 'migrations' in definition)
    if (!isDefinition) {
      throw new StoreError('MODULE_INVALID', `'${key}' is no module`, {
        hint: 'give what defineModule(), collection() or document() made',
      })
    }
    modules.set(key, isNamedByKey(definition) ? definition.named(key) : definition)
  }
  return modules
}

function isNamedByKey(definition: Module | NamedByKey): definition is NamedByKey {
  return 'named' in definition
}
