/**
 * Which part of a thread's messages or activities is read. A place is a value of the rows, so a rebuild,
 * which may move them, leaves every page where it was.
 *
 * Invariant: no two rows of a thread have one place; where the first of its columns can be equal in two
 * (activities of an archive that another tool wrote), the next one decides.
 */
import { StoreError } from '../../index.ts'
import type { ActivityPlace, Page } from './types.ts'

/** Rows of a page unless the caller says otherwise. */
export const PAGE_LIMIT = 50
const MAX_LIMIT = 1_000

/** Which part of a list in the order of its places; the newest when neither end is given. */
export interface Window<Place = number> {
  /** Only what comes after this place, oldest first. */
  readonly after?: Place
  /** Only what comes before this place: the newest of those. */
  readonly before?: Place
  /** Default 50, at most 1,000. */
  readonly limit?: number
}

/** The SQL of a window, behind a `WHERE` that is there. */
export interface WindowSql {
  readonly rest: string
  readonly parameters: Readonly<Record<string, number | string>>
}

/** The messages of a window. */
export function messagesIn(window: Window): WindowSql {
  const { after, before } = window
  for (const place of [after, before]) if (place !== undefined) ensureNumber(place)
  return sqlOf(window, 'position', {
    ...(after === undefined ? {} : { after: [`position > :after`, { after }] }),
    ...(before === undefined ? {} : { before: [`position < :before`, { before }] }),
  })
}

/** The activities of a window. */
export function activitiesIn(window: Window<ActivityPlace>): WindowSql {
  const { after, before } = window
  for (const place of [after, before]) if (place !== undefined) ensureActivityPlace(place)
  // As two bounds and not as an OR at the top, which would make SQLite leave the index.
  return sqlOf(window, 'ordinal, id', {
    ...(after === undefined
      ? {}
      : {
          after: [
            `ordinal >= :after AND (ordinal > :after OR id > :afterId)`,
            { after: after.ordinal, afterId: after.id },
          ],
        }),
    ...(before === undefined
      ? {}
      : {
          before: [
            `ordinal <= :before AND (ordinal < :before OR id < :beforeId)`,
            { before: before.ordinal, beforeId: before.id },
          ],
        }),
  })
}

type Bound = readonly [condition: string, parameters: Readonly<Record<string, number | string>>]

function sqlOf(
  { after, limit }: Window<unknown>,
  order: string,
  bounds: { readonly after?: Bound; readonly before?: Bound },
): WindowSql {
  const given = [bounds.after, bounds.before].filter((bound) => bound !== undefined)
  const direction = after === undefined ? ' DESC' : ''
  const columns = order.split(', ').map((column) => column + direction)
  return {
    rest: `${given.map(([condition]) => `AND ${condition}`).join(' ')} ORDER BY ${columns.join(', ')} LIMIT :limit`,
    parameters: Object.assign({ limit: limitOf(limit) }, ...given.map(([, bound]) => bound)),
  }
}

/** The page that a window's rows make, oldest first. */
export function pageOf<Item, Place>(
  items: Item[],
  { after, limit }: Window<unknown>,
  placeOf: (item: Item) => Place,
): Page<Item, Place> {
  const last = items.at(-1)
  const next = items.length === limitOf(limit) && last !== undefined ? placeOf(last) : null
  return { items: after === undefined ? items.reverse() : items, next }
}

/** A page's length, within its bounds. */
export function limitOf(limit: number = PAGE_LIMIT): number {
  return Math.max(1, Math.min(Math.trunc(limit) || PAGE_LIMIT, MAX_LIMIT))
}

/** The most rows of one page. */
export const MAX_PAGE: number = MAX_LIMIT

function ensureNumber(place: unknown): void {
  if (Number.isFinite(place)) return
  throw wrongPlace('a number')
}

function ensureActivityPlace(place: ActivityPlace | null): void {
  if (Number.isFinite(place?.ordinal) && typeof place?.id === 'string') return
  throw wrongPlace('{ ordinal, id }')
}

/** The error of a place that no page has given. */
export function wrongPlace(kind: string): StoreError {
  return new StoreError('ARGUMENT_INVALID', `a place in this list is ${kind}`, {
    hint: 'give the `next` of the page before',
  })
}
