/** What a browser is shown of a value: a page is seen by whoever sees the screen, and its pictures. */
import { redactValue } from '../../index.ts'

/** Gives a value of the same shape, as it may be shown. */
export type Disclosure = <Value>(value: Value) => Value

/** Everything as it is stored. */
export const EVERYTHING: Disclosure = (value) => value

/** Everything but secrets. */
export const WITHOUT_SECRETS: Disclosure = <Value>(value: Value) => redactValue(value) as Value
