/** The rows of a `state.json`, of every version of it. */
import { type LegacyContext, type LegacyItem, LegacyRows, reject } from './legacy-rows.ts'
import type { FarmKind } from './types.ts'

const LISTS: readonly (readonly [field: string, kind: FarmKind])[] = [
  ['architects', 'architect'],
  ['builders', 'builder'],
  ['utils', 'util'],
  ['annotations', 'annotation'],
]

/** The items of a parsed file. */
export function* itemsOfState(value: unknown, context: LegacyContext): Generator<LegacyItem> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    yield reject('not the state of a farm', value)
    return
  }
  const state = value as Readonly<Record<string, unknown>>
  const rows = new LegacyRows(context)
  if (state['architect']) yield rows.item('architect', state['architect'])
  for (const [field, kind] of LISTS) {
    const list = state[field]
    if (list === undefined || list === null) continue
    if (!Array.isArray(list)) yield reject(`${field} is no list`, list)
    else for (const row of list) yield rows.item(kind, row)
  }
}
