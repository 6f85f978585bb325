/**
 * Places in a log that outlive a process. A sequence alone means nothing in another log, and a store that
 * was restored has another one, in which the same sequences are given again; so a place that is kept
 * outside the store names its log.
 */
import { shown } from '../arguments.ts'
import { StoreError } from '../errors.ts'

/** A place in one certain log: `logId:sequence`. */
export type LogPlace = `${string}:${number}`

/** A log, as far as it goes. */
export interface LogExtent {
  readonly id: string
  readonly head: number
}

/** The place of a sequence. */
export function placeOf(log: LogExtent, sequence: number = log.head): LogPlace {
  return `${log.id}:${sequence}`
}

/** The sequence of a place; throws `LOG_REPLACED` when it is not in this log, or not yet. */
export function sequenceOf(log: LogExtent, place: number | LogPlace): number {
  const [, id, digits] = /^(?:(.+):)?(\d{1,15})$/.exec(isPlace(place) ? String(place) : '') ?? []
  if (digits === undefined) {
    throw new StoreError('ARGUMENT_INVALID', `${shown(place)} is no place in a log`, {
      hint: 'give a sequence, or what log.place() gave',
    })
  }
  const sequence = Number(digits)
  if (id !== undefined && id !== log.id) throw replaced(`it is of log ${id}, this is ${log.id}`)
  if (sequence > log.head) throw replaced(`${sequence} lies beyond the head, ${log.head}`)
  return sequence
}

function isPlace(place: unknown): boolean {
  return typeof place === 'string' || typeof place === 'number'
}

function replaced(why: string): StoreError {
  return new StoreError('LOG_REPLACED', `the place is not in this log: ${why}`, {
    hint: 'the store was restored or replaced since: read again from the start, and follow from there',
  })
}
