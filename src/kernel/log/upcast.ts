/** Brings stored data to the shape that this program knows, one schema version at a time. */
import { StoreError } from '../errors.ts'
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
    current = definition.upcast[version]?.(current as never)
  }
  return current
}
