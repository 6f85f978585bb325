/** The modules of one open store, and which of them a type belongs to. */
import { checkArgument, TEXT } from '../arguments.ts'
import { StoreError } from '../errors.ts'
import type { EventDefinition } from './event-definition.ts'
import type { Module } from './module.ts'

/** A type, resolved. */
export interface RegisteredType {
  readonly type: string
  readonly definition: EventDefinition
  readonly module: Module
}

/** Set while a projection runs, wherever it writes to: the store, or a scratch file. */
export interface Folding {
  module: string | undefined
}

// Open vocabularies have a few hundred types; more than this is not a vocabulary.
const MAX_OPEN_TYPES = 10_000

/** Modules by name and event types by name. */
export class Registry {
  readonly modules: ReadonlyMap<string, Module>
  /** Whether one of them is folding an event just now: nothing else may then be written. */
  readonly folding: Folding = { module: undefined }
  readonly #types = new Map<string, RegisteredType>()
  // Events come in runs of one type.
  #last: RegisteredType | undefined

  constructor(modules: readonly Module[]) {
    const byName = new Map<string, Module>()
    for (const module of modules) {
      if (byName.has(module.name)) {
        throw new StoreError('MODULE_INVALID', `two modules are named '${module.name}'`, {
          hint: 'give one of them another name',
        })
      }
      byName.set(module.name, module)
      for (const [type, definition] of module.events) {
        this.#types.set(type, { type, definition, module })
      }
    }
    this.modules = byName
  }

  /** The type's definition, or `undefined` when no loaded module has it. */
  find(type: string): RegisteredType | undefined {
    const known = this.#types.get(type)
    if (known) return known
    const module = this.modules.get(moduleOf(type))
    if (!module?.open) return undefined
    const opened = { type, definition: module.open, module }
    if (this.#types.size < MAX_OPEN_TYPES) this.#types.set(type, opened)
    return opened
  }

  /** The type's definition; throws `MODULE_NOT_LOADED` or `EVENT_INVALID`. */
  resolve(type: string): RegisteredType {
    if (type === this.#last?.type) return this.#last
    const known = this.#types.get(type)
    if (known) {
      this.#last = known
      return known
    }
    checkArgument('the type of an event', type, TEXT)
    const found = this.find(type)
    if (found) return found
    const module = moduleOf(type)
    if (this.modules.has(module)) {
      throw new StoreError('EVENT_INVALID', `module '${module}' has no event type '${type}'`, {
        hint: 'define it in the module’s events',
      })
    }
    throw new StoreError(
      'MODULE_NOT_LOADED',
      `module '${module}' of type '${type}' is not loaded`,
      {
        hint: `open the store with the module '${module}'`,
      },
    )
  }
}

/** The module's name in a type: the part before the first dot. */
export function moduleOf(type: string): string {
  const dot = type.indexOf('.')
  return dot < 0 ? type : type.slice(0, dot)
}
