/**
 * Schemas of the rows, as Standard Schemas: an event that is no complete row is refused wherever it
 * comes from, an importer or another program. Fields that are not named are left out.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** What a field may hold. */
export type Field = (value: unknown) => boolean

/** Any text. */
export const text: Field = (value) => typeof value === 'string'
/** A text that is not empty. */
export const name: Field = (value) => typeof value === 'string' && value !== ''
/** A whole number that a column can hold exactly. */
export const whole: Field = (value) => Number.isSafeInteger(value)
/** A port, or 0 for none. */
export const port: Field = (value) => whole(value) && Number(value) >= 0 && Number(value) <= 65_535
/** True or false. */
export const flag: Field = (value) => typeof value === 'boolean'
/** An object of whatever. */
export const object: Field = (value) => typeof value === 'object' && value !== null
/** The field, or `null`. */
export const orNull =
  (field: Field): Field =>
  (value) =>
    value === null || field(value)
/** One of these words. */
export const oneOf =
  (...words: readonly string[]): Field =>
  (value) =>
    words.includes(String(value)) && typeof value === 'string'

/** The schema of rows with exactly these fields. */
export function rowSchema<Row>(
  fields: {
    readonly [Name in keyof Row]-?: Field
  },
): StandardSchemaV1<unknown, Row> {
  const entries = Object.entries<Field>(fields)
  return {
    '~standard': {
      version: 1,
      vendor: 'holdfast',
      validate: (value) => {
        if (!object(value)) return { issues: [{ message: 'expected an object' }] }
        const given = value as Readonly<Record<string, unknown>>
        const issues = entries
          .filter(([key, isValid]) => !isValid(given[key]))
          .map(([key]) => ({ message: `${key} is ${show(given[key])}`, path: [key] }))
        if (issues.length > 0) return { issues }
        return { value: Object.fromEntries(entries.map(([key]) => [key, given[key]])) as Row }
      },
    },
  }
}

const SHOWN = 60

function show(value: unknown): string {
  return value === undefined ? 'missing' : String(JSON.stringify(value)).slice(0, SHOWN)
}
