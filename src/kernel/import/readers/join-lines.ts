/**
 * Records that stand on several lines: pretty-printed, or with bare line breaks in a string.
 *
 * Lines are added for as long as the grammar accepts them, so a record that was torn off is
 * noticed at the latest in the second record behind it. It is then given up alone: up to,
 * and without, the first line behind it that begins an object at the same or a smaller
 * indentation, where reading goes on. A record is never given up for a broken one before it.
 */

import type { RejectReason } from './items.ts'
import type { Line, LineSource } from './line-source.ts'
import type { RecordOptions } from './records.ts'
import type { RepairingScanner } from './repairing-scanner.ts'
import { recordInRubbish, skipBlank } from './rubbish.ts'

/** A string that is never closed can take so many lines with it before it is given up. */
const MAX_JOINED_LINES = 10_000
/**
 * A line that looks like a record of its own is taken for a part of one down to this depth:
 * torn records that swallow each other nest deeper with every line.
 */
const MAX_SUSPECT_DEPTH = 32

/** How the joining ended; the parts before `to` in `last` are used up. */
export type Joined =
  | { readonly kind: 'joined'; readonly last: Line; readonly to: number; readonly raw: string }
  | { readonly kind: 'unfinished'; readonly last: Line; readonly to: number }
  | {
      readonly kind: 'given up'
      readonly last: Line
      readonly to: number
      readonly raw: string
      readonly reason: RejectReason
    }

/** Continues an object, open at the end of `first`, with the lines that follow. */
export function joinLines(
  first: Line,
  at: number,
  scanner: RepairingScanner,
  lines: LineSource,
  options: RecordOptions,
): Joined {
  const added: Line[] = []
  let last = first
  const indentation = skipBlank(first.text, 0)
  let size = first.text.length
  while (added.length < MAX_JOINED_LINES && size <= options.maxRecordBytes) {
    const line = last.terminated ? lines.next() : undefined
    if (!line) {
      if (options.growing) return { kind: 'unfinished', last, to: last.text.length }
      break
    }
    added.push(line)
    last = line
    size += line.text.length
    const start = skipBlank(line.text, 0)
    const isSuspect = start <= indentation && line.text.startsWith('{"', start)
    if (isSuspect && scanner.depth > MAX_SUSPECT_DEPTH) break
    let end = 0
    if (!line.bytes && !line.tooLong) {
      scanner.lineBreak()
      end = scanner.feed(line.text, scanner.isInString ? 0 : start)
      if (scanner.status === 'open') continue
    }
    if (scanner.status === 'complete') {
      const raw = [first.text.slice(at), ...added.slice(0, -1).map(textOf), line.text.slice(0, end)]
      return { kind: 'joined', last, to: end, raw: raw.join('\n') }
    }
    // Half a character or half a word at the end may yet become a whole one.
    if (options.growing && !line.terminated) {
      return { kind: 'unfinished', last, to: line.text.length }
    }
    break
  }
  return giveUp(first, at, added, scanner, lines)
}

function giveUp(
  first: Line,
  at: number,
  added: readonly Line[],
  scanner: RepairingScanner,
  lines: LineSource,
): Joined {
  const indentation = skipBlank(first.text, 0)
  const own = added.findIndex((line, index) => {
    if (line.bytes || line.tooLong) return true
    const start = skipBlank(line.text, 0)
    if (start <= indentation && line.text.charAt(start) === '{') return true
    return index === added.length - 1 && recordInRubbish(line.text, start) >= 0
  })
  const given = own < 0 ? added : added.slice(0, own)
  if (own >= 0) lines.putBack(added.slice(own))
  const last = given.at(-1) ?? first
  const to = last.text.length
  const isTorn = scanner.status === 'open' || own >= 0
  const reason = scanner.status === 'too deep' ? 'nested too deeply' : isTorn ? 'torn' : 'not JSON'
  const raw = [first.text.slice(at), ...given.map(textOf)].join('\n')
  return { kind: 'given up', last, to, raw, reason }
}

function textOf(line: Line): string {
  return line.text
}
