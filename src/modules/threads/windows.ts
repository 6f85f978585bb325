/**
 * Which part of a thread's turns, messages or activities is read. A place is a value of the rows, so a rebuild,
 * which may move them, leaves every page where it was.
 *
 * Invariant: no two rows of a thread have one place; where the first of its columns can be equal in two
 * (activities of an archive that another tool wrote), the next one decides.
 */
import { StoreError } from '../../index.ts'
import type { ActivityPlace, Page } from './types.ts'

/** Rows of a page unless the caller says otherwise. */
export const PAGE_LIMIT = 50
/** The most rows of one page. */
export const MAX_PAGE = 1_000

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
  return numbersIn('position', window)
}

/** The turns of a window. */
export function turnsIn(window: Window): WindowSql {
  return numbersIn('number', window)
}

function numbersIn(column: string, { after, before, limit }: Window): WindowSql {
  for (const place of [after, before]) if (place !== undefined) ensureNumber(place)
  const bounds = [
    ...(after === undefined ? [] : [`${column} > :after`]),
    ...(before === undefined ? [] : [`${column} < :before`]),
  ]
  return {
    rest: restOf(bounds, after === undefined ? `${column} DESC` : column),
    parameters: {
      limit: limitOf(limit),
      ...(after === undefined ? {} : { after }),
      ...(before === undefined ? {} : { before }),
    },
  }
}

/** The activities of a window. */
export function activitiesIn({ after, before, limit }: Window<ActivityPlace>): WindowSql {
  for (const place of [after, before]) if (place !== undefined) ensureActivityPlace(place)
  const bounds = [
    ...(after === undefined ? [] : [AFTER]),
    ...(before === undefined ? [] : [BEFORE]),
  ]
  return {
    rest: restOf(bounds, after === undefined ? 'ordinal DESC, id DESC' : 'ordinal, id'),
    parameters: {
      limit: limitOf(limit),
      ...(after === undefined ? {} : { after: after.ordinal, afterId: after.id }),
      ...(before === undefined ? {} : { before: before.ordinal, beforeId: before.id }),
    },
  }
}

// As two bounds and not as an OR at the top, which would make SQLite leave the index.
const AFTER = `ordinal >= :after AND (ordinal > :after OR id > :afterId)`
const BEFORE = `ordinal <= :before AND (ordinal < :before OR id < :beforeId)`

function restOf(bounds: readonly string[], order: string): string {
  return `${bounds.map((bound) => `AND ${bound}`).join(' ')} ORDER BY ${order} LIMIT :limit`
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
  return Math.max(1, Math.min(Math.trunc(limit) || PAGE_LIMIT, MAX_PAGE))
}

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
