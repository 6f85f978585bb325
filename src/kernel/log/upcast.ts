/** Brings stored data to the shape that this program knows, one schema version at a time. */
import { StoreError } from '../errors.ts'
import type { Upcast } from './event-definition.ts'
import { moduleOf, type Registry } from './registry.ts'

/**
 * Upcasts `data` of `type` from the version it was stored with. Types of modules that are not loaded
 * stay as they are. Data newer than this program knows throws `STORE_NEWER`.
 */
export function upcast(
  registry: Registry,
  type: string,
  storedVersion: number,
  data: unknown,
): unknown {
  const definition = registry.find(type)?.definition
  if (!definition || definition.version === storedVersion) return data
  if (storedVersion > definition.version) {
    throw new StoreError(
      'STORE_NEWER',
      `'${type}' is stored with schema version ${storedVersion}, this program knows ${definition.version}`,
      { hint: `update the program that provides the module '${moduleOf(type)}'` },
    )
  }
  let current = data
  for (let version = storedVersion; version < definition.version; version++) {
    // checkModule made sure that there is one for each version.
    current = stepped(definition.upcast[version], current, { type, version })
  }
  return current
}

// That an upcaster throws is no damage of the store: nobody may pass the event for it.
function stepped(
  step: Upcast | undefined,
  data: unknown,
  { type, version }: { readonly type: string; readonly version: number },
): unknown {
  try {
    return step?.(data as never)
  } catch (cause) {
    throw new StoreError(
      'MODULE_INVALID',
      `'${type}' of schema version ${version} cannot be brought to the next: ${(cause as Error)?.message}`,
      { hint: `correct the upcaster in the module '${moduleOf(type)}'`, cause },
    )
  }
}
