/** Types of `tally.mjs` for the tests, which use the built package as workers do. */
import type { AppendResult, Module, NewEvent } from '../../../dist/index.js'

/** The releases of the module. */
export type Release = 'first' | 'additive' | 'drifted' | 'raised' | 'blind' | 'breaking' | 'slow'

/** A row of `tally_totals`; `amount` instead of `total` in the breaking release. */
export interface Total {
  readonly name: string
  readonly entries: number
  readonly total: number
}

/** What the module shows. */
export interface Tally {
  add(name: string, amount?: number): AppendResult
  note(name: string, note: string): AppendResult
  rows(): Total[]
}

export declare function tally(release?: Release): Module<Tally>
export declare function added(name: string, amount?: number): NewEvent
