/**
 * From the names that tools give their events to event types of this module, and back.
 *
 * The type is `pipeline.` and the tool's own name: `stage.completed` is `pipeline.stage.completed`,
 * `pipeline.completed` is `pipeline.pipeline.completed`. A name that cannot be one (`Deploy OK!`),
 * or that this module uses for its own records, becomes `pipeline.escaped.` and the name with each
 * byte beyond `a-z 0-9 _` as `-` and two hexadecimal digits; the name itself is then in the
 * metadata. No two names give the same type, so nothing runs together in a count by type.
 */
import { createHash } from 'node:crypto'
import type { EventMetadata } from '../../index.ts'

const PREFIX = 'pipeline.'
const ESCAPED = 'escaped.'
const RECORD = 'record.'
const USUAL = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/
const MAX_NAME = 120
// Neither is an escape, so neither is the type of any name.
const NO_NAME = `${PREFIX}${ESCAPED}-none`
const EMPTY_NAME = `${PREFIX}${ESCAPED}-empty`

/** A type of this module, and the metadata that its event needs to be named back. */
export interface NamedType {
  readonly type: string
  readonly metadata: EventMetadata | undefined
}

/** The event type of a tool's own name; anything but text is an event without a name. */
export function typeOf(name: unknown): NamedType {
  if (typeof name !== 'string') return { type: NO_NAME, metadata: undefined }
  const isReserved = name.startsWith(ESCAPED) || name.startsWith(RECORD)
  if (name.length <= MAX_NAME && USUAL.test(name) && !isReserved) {
    return { type: PREFIX + name, metadata: undefined }
  }
  const metadata = { legacyType: name.toWellFormed() }
  return { type: name === '' ? EMPTY_NAME : PREFIX + ESCAPED + escapeName(name), metadata }
}

/** The tool's own name of an event; `undefined` where it has none. */
export function nameOf(type: string, metadata: EventMetadata | null): string | undefined {
  const legacyType = metadata?.['legacyType']
  if (typeof legacyType === 'string') return legacyType
  return type === NO_NAME || !type.startsWith(PREFIX) ? undefined : type.slice(PREFIX.length)
}

// A long name keeps its beginning to be read and a hash of all of it to be told from others; `--`
// stands in no escape.
function escapeName(name: string): string {
  const isLong = name.length > MAX_NAME
  const shown = isLong ? name.slice(0, 40) : name
  const escaped = Array.from(Buffer.from(shown), (byte) => {
    const character = String.fromCharCode(byte)
    return /[a-z0-9_]/.test(character) ? character : `-${byte.toString(16).padStart(2, '0')}`
  }).join('')
  if (!isLong && name.isWellFormed()) return escaped
  // As UTF-16, since in UTF-8 all lone surrogates are one character.
  const hash = createHash('sha256').update(Buffer.from(name, 'utf16le')).digest('hex')
  return `${escaped}--${hash.slice(0, 32)}`
}
