/**
 * What a name may not become: a collection stays a collection, by the same key. Its items are in
 * streams named by that key, so that under another one they would be there and never be found.
 */
import { StoreError } from '../errors.ts'
import type { ModuleRow } from './ledger.ts'

interface Shaped {
  readonly name: string
  readonly shape: string | null
}

/** Throws `MODULE_INVALID` where the store has something else under a module's name. */
export function ensureSameKind(
  stored: ReadonlyMap<string, ModuleRow>,
  modules: readonly Shaped[],
): void {
  for (const { name, shape } of modules) {
    const row = stored.get(name)
    // Version 0: events that an import has stored, and no program has defined yet.
    if (!row || row.version === 0) continue
    const [there, here] = [kindOf(row.shape), kindOf(shape)]
    if (there === here) continue
    throw new StoreError(
      'MODULE_INVALID',
      `'${name}' is ${there} in the store and ${here} in this program`,
      { hint: 'take it back, or give the new one another name and put the old items into it' },
    )
  }
}

function kindOf(shape: string | null): string {
  if (shape === null) return 'a module'
  const { kind, key } = JSON.parse(shape) as { kind: string; key?: string }
  return key === undefined ? `a ${kind}` : `a ${kind} by '${key}'`
}
