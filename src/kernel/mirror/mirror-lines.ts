/**
 * The lines of a mirror. One event is one line of JSON, and every line ends with the sequence up to
 * which the log is mirrored then, so that the file itself says where to go on:
 *
 *     {"holdfast":"mirror","format":1,"logId":"…","store":"state.db","sequence":0}
 *     {"ts":"2026-02-10T02:17:42.000Z","type":"tasks.item.put","stream":"tasks.item/t1","data":{…},"sequence":1}
 *     {"ts":"2026-02-10T02:17:42Z","ts_epoch":1770689862,"type":"stage.completed","issue":5,"sequence":2}
 *
 * The third is as the event's module writes its lines (`Module.line`). What begins with `{"holdfast":`
 * is no event: the head of a file, or a note (`gap`, `unreadable`, `passed`).
 */
import { StoreError } from '../errors.ts'
import type { EventLine, OutgoingEvent } from '../log/exporter.ts'

/** Raised when an older program could not go on with a file. */
export const MIRROR_FORMAT = 1

/** An event on its way into a mirror. */
export interface MirroredEvent extends OutgoingEvent {
  readonly sequence: number
}

/** The first line of a mirror. */
export interface MirrorHead {
  readonly holdfast: 'mirror'
  readonly format: number
  readonly logId: string
  /** The store's file, as seen from the mirror's folder. */
  readonly store: string
  /** Its lines are without secrets. */
  readonly isRedacted?: true
  /** The file has what comes after it. */
  readonly sequence: number
}

/** How lines are made. */
export interface LineOptions {
  /** How the module of a type writes its lines, if it says so. */
  readonly lineOf: (type: string) => EventLine | undefined
  /** Tells which types are wanted; left out: all. */
  readonly wants: ((type: string) => boolean) | undefined
  /** Takes secrets out of a JSON value; left out: lines have what the store has. */
  readonly redact: ((value: unknown) => unknown) | undefined
}

// An editor or a checkout may have changed the line breaks.
const STAMP = /[,{]"sequence":(\d{1,16})\}\r?$/
/** A stamp and what may stand behind it are no longer than this. */
export const STAMP_LENGTH = 32

/** The sequence that a line ends with, if it is one of a mirror. */
export function stampOf(line: string): number | undefined {
  const digits = STAMP.exec(line)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** The sequence that the last of some lines of ours ends with. */
export function lastStampOf(lines: Buffer): number {
  const end = lines.length - 1
  const sequence = stampOf(lines.toString('latin1', Math.max(0, end - STAMP_LENGTH), end))
  if (sequence === undefined) throw new Error('a line of a mirror ends without its sequence')
  return sequence
}

/** The first line of a file. */
export function headLine(parts: Omit<MirrorHead, 'holdfast' | 'format'>): string {
  const { sequence, ...more } = parts
  // Its end is that of every line.
  const head: MirrorHead = { holdfast: 'mirror', format: MIRROR_FORMAT, ...more, sequence }
  return `${JSON.stringify(head)}\n`
}

/**
 * A line that is no event: `gap`, events up to `through` may have been dropped before they were mirrored;
 * `unreadable`, an event whose row is damaged; `passed`, nothing up to here was wanted.
 */
export function note(
  kind: 'gap' | 'unreadable' | 'passed',
  sequence: number,
  through?: number,
): string {
  const more = through === undefined ? '' : `,"through":${through}`
  return `{"holdfast":"${kind}"${more},"sequence":${sequence}}\n`
}

// Types are a vocabulary, but an open module takes any.
const MAX_TYPES = 10_000

interface LineType {
  readonly quoted: string
  readonly line: EventLine | undefined
  readonly isWanted: boolean
}

/** Makes the lines of events. */
export class MirrorLines {
  readonly #options: LineOptions
  // Most events have the time or the type of the one before.
  #timeMs = Number.NaN
  #time = ''
  readonly #types = new Map<string, LineType>()

  constructor(options: LineOptions) {
    this.#options = options
  }

  /** True where a line asks nobody else and costs little, or is none. */
  isAtOnce(type: string): boolean {
    const { isWanted, line } = this.#typeOf(type)
    return !isWanted || (line === undefined && this.#options.redact === undefined)
  }

  /** The line of an event; `''` when it is not wanted. */
  lineOf(event: MirroredEvent): string {
    const { isWanted, line, quoted } = this.#typeOf(event.type)
    if (!isWanted) return ''
    const begun = line ? ownLine(event, line) : this.#plainLine(event, quoted)
    const { redact } = this.#options
    if (!redact || begun === '') return finish(begun, event.sequence)
    return finish(beginningOf(JSON.stringify(redact(JSON.parse(`${begun}}`)))), event.sequence)
  }

  // Without its brace, so that what is put behind it copies nothing.
  #plainLine({ atMs, stream, metadata, text }: MirroredEvent, type: string): string {
    const more = metadata === null ? '' : `,"metadata":${JSON.stringify(metadata)}`
    const head = `{"ts":"${this.#timeOf(atMs)}","type":${type},"stream":${quote(stream)}`
    return `${head}${more},"data":${onOneLine(text)}`
  }

  #typeOf(type: string): LineType {
    const known = this.#types.get(type)
    if (known) return known
    const { lineOf, wants } = this.#options
    const isWanted = wants?.(type) ?? true
    const made = { quoted: JSON.stringify(type), line: lineOf(type), isWanted }
    if (this.#types.size < MAX_TYPES) this.#types.set(type, made)
    return made
  }

  #timeOf(atMs: number): string {
    if (atMs !== this.#timeMs) {
      this.#timeMs = atMs
      this.#time = isoTime(atMs)
    }
    return this.#time
  }
}

function ownLine(event: MirroredEvent, line: EventLine): string {
  const text = asked(event, line)
  if (text === undefined) return ''
  const whole = onOneLine(text.trim())
  if (whole.startsWith('{') && whole.endsWith('}')) return beginningOf(whole)
  throw wrongLine(`the line of '${event.type}' is no JSON object`)
}

function asked(event: MirroredEvent, line: EventLine): string | undefined {
  try {
    return line(event)
  } catch (cause) {
    throw wrongLine(`the line of '${event.type}' threw: ${String(cause)}`, cause)
  }
}

function wrongLine(message: string, cause?: unknown): StoreError {
  const hint = "correct the module's `line`: the mirror waits at this event"
  return new StoreError('MODULE_INVALID', message, { hint, cause })
}

function beginningOf(object: string): string {
  return object.slice(0, -1)
}

function finish(begun: string, sequence: number): string {
  if (begun === '') return ''
  const comma = begun === '{' ? '' : ','
  return `${begun}${comma}"sequence":${sequence}}\n`
}

// Most names need no escape, and JSON.stringify costs as much as the rest of the line.
const IS_PLAIN = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/

function quote(name: string): string {
  return IS_PLAIN.test(name) ? `"${name}"` : JSON.stringify(name)
}

// Texts that were imported may stand on several lines: there a line break is white space, for in a string
// it is escaped. Asked of the text alone, which is flat: of a line that was just put together it costs
// three times as much.
function onOneLine(text: string): string {
  if (text.indexOf('\n') < 0 && text.indexOf('\r') < 0) return text
  return text.replace(/[\r\n]/g, ' ')
}

// An import takes times that no date can have.
function isoTime(atMs: number): string {
  const date = new Date(atMs)
  return Number.isNaN(date.getTime()) ? String(atMs) : date.toISOString()
}
