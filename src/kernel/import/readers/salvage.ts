/**
 * What to do with a line that is not simply one object.
 *
 * From left to right, a line is cut into objects and the rubbish between them. An object
 * that is still open at the end of its line is continued with the next lines for as long as
 * the grammar accepts them (`join-lines.ts`).
 *
 * Rubbish may be the head of a torn record with a whole one directly behind it. A brace in
 * rubbish counts as the start of a record only if nothing but records fit from there to the
 * end of the line, and if it cannot be a value within the rubbish: half a record must not
 * make its inner objects look like records.
 */

import type { JsonlItem, JsonlTorn, RejectReason, Repair } from './items.ts'
import { joinLines } from './join-lines.ts'
import { OPEN_OBJECT } from './json-codes.ts'
import type { Line, LineSource } from './line-source.ts'
import { parseJson, placeOf, type RecordOptions, toItem, toReject } from './records.ts'
import { RepairingScanner } from './repairing-scanner.ts'
import { blankEnd, recordInRubbish, skipBlank } from './rubbish.ts'

/** An item, and where reading goes on: behind it, in its line or a later one. */
interface Step {
  readonly item: JsonlItem
  readonly line: Line
  readonly at: number
}

/** Yields the items of `line`, and of those after it that belong to its last record. */
export function* salvage(
  line: Line,
  lines: LineSource,
  options: RecordOptions,
): Generator<JsonlItem, void, undefined> {
  const simple = wholeLine(line, options)
  if (simple) {
    yield simple
    return
  }
  let at = skipBlank(line.text, 0)
  let current = line
  while (at < current.text.length) {
    const step = nextStep(current, at, lines, options)
    yield step.item
    if (step.item.kind === 'torn') return
    current = step.line
    at = skipBlank(current.text, step.at)
  }
}

/** The item of a line that is one object within blanks, or that cannot be cut into parts. */
function wholeLine(line: Line, options: RecordOptions): JsonlItem | undefined {
  const from = line.bytes ? 0 : skipBlank(line.text, 0)
  const to = line.bytes ? line.text.length : blankEnd(line.text)
  const span = { first: line, from, last: line, to }
  if (line.tooLong) return toReject(span, 'too long', line.text)
  const text = line.text.slice(skipBlank(line.text, 0), blankEnd(line.text))
  const mayContinue = options.growing && !line.terminated
  if (line.bytes && mayContinue) return toTorn(line, 0, line)
  const value = text.charCodeAt(0) === OPEN_OBJECT ? parseJson(text) : undefined
  if (value) {
    const mending = { raw: line.text, repairs: ['replaced-bytes'] as const }
    return toItem(span, text, value, line.bytes ? mending : undefined, options)
  }
  return line.bytes ? toReject(span, 'not UTF-8', line.text) : undefined
}

function nextStep(line: Line, at: number, lines: LineSource, options: RecordOptions): Step {
  const { text } = line
  if (text.charCodeAt(at) !== OPEN_OBJECT) return pass(line, at, rubbishReason(text, at), options)
  const scanner = new RepairingScanner()
  const end = scanner.feed(text, at)
  if (scanner.status === 'complete') return finish(line, at, end, scanner, options)
  if (scanner.status !== 'open') {
    const reason = scanner.status === 'error' ? 'not JSON' : 'nested too deeply'
    return pass(line, at, reason, options)
  }
  const joined = joinLines(line, at, scanner, lines, options)
  if (joined.kind === 'unfinished') {
    return { item: toTorn(line, at, joined.last), line: joined.last, at: joined.to }
  }
  const span = { first: line, from: at, last: joined.last, to: joined.to }
  const item =
    joined.kind === 'given up'
      ? toReject(span, joined.reason, joined.raw)
      : toItem(
          span,
          scanner.text,
          undefined,
          { raw: joined.raw, repairs: scanner.repairs },
          options,
        )
  return { item, line: joined.last, at: joined.to }
}

/** Takes an object that ends in the line it began in, with the comma behind it. */
function finish(
  line: Line,
  at: number,
  end: number,
  scanner: RepairingScanner,
  options: RecordOptions,
): Step {
  const { text } = line
  const behind = skipBlank(text, end)
  const to = text.charAt(behind) === ',' ? behind + 1 : end
  const isAlone = skipBlank(text, 0) === at && skipBlank(text, to) >= text.length
  const repairs: Repair[] = [...scanner.repairs]
  if (!isAlone) repairs.push('split-line')
  if (to > end) repairs.push('separator')
  const span = { first: line, from: at, last: line, to }
  const item = toItem(span, scanner.text, undefined, { raw: text.slice(at, to), repairs }, options)
  return { item, line, at: to }
}

/**
 * Passes over rubbish, up to the first record in it. In an unfinished line nothing is judged
 * as rubbish yet, so that reading on later finds what reading all at once would have.
 */
function pass(line: Line, at: number, reason: RejectReason, options: RecordOptions): Step {
  const { text } = line
  if (options.growing && !line.terminated) {
    return { item: toTorn(line, at, line), line, at: text.length }
  }
  const record = reason === 'NUL bytes' ? nulEnd(text, at) : recordInRubbish(text, at)
  const to = record < 0 ? text.length : record
  const span = { first: line, from: at, last: line, to: blankEnd(text, to) }
  return { item: toReject(span, reason, text.slice(at, span.to)), line, at: to }
}

function rubbishReason(text: string, at: number): RejectReason {
  if (text.charCodeAt(at) === 0) return 'NUL bytes'
  return parseJson(text.slice(at)) === undefined ? 'not JSON' : 'not an object'
}

function nulEnd(text: string, at: number): number {
  let end = at
  while (text.charCodeAt(end) === 0) end += 1
  return end
}

function toTorn(first: Line, from: number, last: Line): JsonlTorn {
  const place = placeOf({ first, from, last, to: last.text.length })
  return { kind: 'torn', ...place, raw: first.text.slice(from) }
}
