/**
 * The one case table that every driver must pass; what the port promises, as checks.
 *
 * Only node:assert is used, so that the same cases run under vitest here and under the other
 * runtimes from `scripts/test-runtimes.mjs`. A case gets a folder of its own. What a library
 * cannot do is in {@link SKIPS}, with the reason.
 */
import type { DriverFactory, DriverName } from '../../src/kernel/driver/driver.ts'
import { ERROR_CASES } from './error-cases.ts'
import { FILE_CASES } from './file-cases.ts'
import { PARAMETER_CASES } from './parameter-cases.ts'
import { STATEMENT_CASES } from './statement-cases.ts'

/** One promise of the port. */
export interface DriverCase {
  /** A sentence about behaviour. */
  readonly name: string
  /** Throws where the driver does not keep the promise; `dir` is empty and the case's own. */
  run(factory: DriverFactory, dir: string): void
}

/** Cases that a library cannot pass, and why that is accepted. */
export interface Skip {
  readonly drivers: readonly DriverName[]
  readonly reason: string
  readonly cases: readonly string[]
}

/** All cases, in the order of the port. */
export const CASES: readonly DriverCase[] = [
  ...PARAMETER_CASES,
  ...STATEMENT_CASES,
  ...ERROR_CASES,
  ...FILE_CASES,
]

/** What is accepted to differ. */
export const SKIPS: readonly Skip[] = [
  {
    drivers: ['better-sqlite3', 'bun:sqlite'],
    reason:
      'the library rounds it without a sign; asking it for bigints would slow every read, and the kernel stores no integer beyond 2^53',
    cases: ['an integer beyond 2^53 is refused when it is read'],
  },
  {
    drivers: ['bun:sqlite'],
    reason: 'the library has no functions in JavaScript; `event_data` of queries is missing there',
    cases: ['a function that was defined is called by statements, and by no view'],
  },
  {
    drivers: ['bun:sqlite'],
    reason:
      'the library binds whole numbers as INTEGER and cannot be told otherwise; in a column with a type all three store the same',
    cases: ['a number bound where no column gives it a type is a REAL'],
  },
  {
    drivers: ['bun:sqlite'],
    reason:
      'the library is built with double-quoted strings and has no switch for it; the case on the other drivers finds such SQL',
    cases: ['an unknown name in double quotes is an error, not a string'],
  },
]

/** The reason why `driver` does not run the case of that name, if there is one. */
export function skipReason(driver: DriverName, name: string): string | undefined {
  return SKIPS.find((skip) => skip.drivers.includes(driver) && skip.cases.includes(name))?.reason
}
