/**
 * Reads JSON lines, salvaging what is broken and keeping what cannot be salvaged.
 *
 * The usual line, one object from the first character to the last, costs one `JSON.parse`
 * and a slice of the source's text; everything else goes to `salvage.ts`. The text of a
 * record is meant to be stored as it is: making it anew from the value would cost as much
 * as parsing it did, and would lose digits that a double cannot hold.
 */

import { closeSync, openSync, readSync } from 'node:fs'
import { checkArgument, type Kind, OBJECT } from '../../arguments.ts'
import { keepFirst } from './duplicate-keys.ts'
import type { JsonlItem } from './items.ts'
import { CLOSE_OBJECT, OPEN_OBJECT } from './json-codes.ts'
import { type Fill, LineSource } from './line-source.ts'
import { longItems } from './long-line.ts'
import { attempt } from './read-errors.ts'
import { parseJson, type RecordOptions, toWholeLine } from './records.ts'
import { salvage } from './salvage.ts'
import { detectEncoding, type Encoding } from './text.ts'

/** Where JSON lines come from: a file, or chunks of bytes of any size. */
export type JsonlSource = { readonly path: string } | { readonly chunks: Iterable<Uint8Array> }

/** How {@link readJsonl} reads. */
export interface JsonlOptions {
  /**
   * Byte offset to start at, the `endOffset` of the last item seen; 0 by default. Of
   * `chunks`, it is the offset of their first byte, and counts as given.
   */
  readonly offset?: number
  /** Number of the line at `offset`; 1 by default. */
  readonly line?: number
  /**
   * Whether the source may still grow: an unfinished end is then a `torn` item that ends the
   * reading, otherwise a reject. False by default.
   */
  readonly growing?: boolean
  /** Keys whose first occurrence keeps the name, later ones becoming `key#2`; none by default. */
  readonly firstKeyWins?: readonly string[]
  /** Longest record and longest line in bytes; 64 MiB by default. */
  readonly maxRecordBytes?: number
  /**
   * Keeps memory bounded: of lines of more than 4 MiB no value is built. An object of that size is
   * a reject `too long` with its `rawBytes` and those of its members that are named here; what is
   * not JSON there is not mended. Without it a line of 64 MB may take gigabytes.
   */
  readonly longLines?: readonly string[]
}

/** 64 MiB, and a little for what surrounds a value of that size. */
export const MAX_RECORD_BYTES: number = (1 << 26) + (1 << 16)

const SOURCE: Kind = {
  name: 'an object with a path, or with chunks',
  fits: (value) => OBJECT.fits(value) && ('path' in Object(value) || 'chunks' in Object(value)),
}

/**
 * Yields the records of a source in order, and between them whatever was none. The source's
 * content never makes it throw; a file that cannot be read throws `NOT_FOUND` or `IO`.
 *
 * @example
 * ```ts
 * for (const item of readJsonl({ path: 'events.jsonl' }, { firstKeyWins: ['type'] })) {
 *   if (item.kind === 'record') store(item.text, item.value)
 *   else report(item.line, item.raw)
 * }
 * ```
 */
export function* readJsonl(
  source: JsonlSource,
  options: JsonlOptions = {},
): Generator<JsonlItem, void, undefined> {
  checkArgument('readJsonl: the source', source, SOURCE)
  const settings: RecordOptions = {
    growing: options.growing ?? false,
    renameKeys: keepFirst(options.firstKeyWins ?? []),
    maxRecordBytes: options.maxRecordBytes ?? MAX_RECORD_BYTES,
  }
  const input = 'path' in source ? openFile(source.path) : openChunks(source.chunks)
  try {
    const start = options.offset ?? 0
    const { encoding, markBytes } = input.start(start)
    const lines = new LineSource(input.fill, {
      offset: Math.max(start, markBytes),
      line: options.line ?? 1,
      encoding,
      maxLineBytes: settings.maxRecordBytes,
      longLines: options.longLines !== undefined,
    })
    // Here and not in a generator of its own: handing each record on costs as much as making it.
    for (let line = lines.next(); line; line = lines.next()) {
      const { text } = line
      if (text.length === 0) continue
      if (line.longBytes) {
        yield* longItems(line, line.longBytes, settings, options.longLines ?? [])
        continue
      }
      const isObject =
        text.charCodeAt(0) === OPEN_OBJECT && text.charCodeAt(text.length - 1) === CLOSE_OBJECT
      const value = isObject && !line.bytes && !line.tooLong ? parseJson(text) : undefined
      if (value) yield toWholeLine(line, value, settings)
      else yield* salvage(line, lines, settings)
    }
  } finally {
    input.close()
  }
}

interface Input {
  readonly fill: Fill
  /** Prepares for reading from `offset` on, behind a byte order mark if there is one. */
  start(offset: number): { encoding: Encoding; markBytes: number }
  close(): void
}

function openFile(path: string): Input {
  const file = attempt(path, () => openSync(path, 'r'))
  let position = 0
  const read = (buffer: Buffer, at: number, length: number): number =>
    attempt(path, () => readSync(file, buffer, at, length, position))
  return {
    fill: (buffer, at) => {
      const count = read(buffer, at, buffer.length - at)
      position += count
      return count
    },
    start: (offset) => {
      const head = Buffer.alloc(3)
      const mark = detectEncoding(head.subarray(0, read(head, 0, 3)))
      position = Math.max(offset, mark.markBytes)
      return mark
    },
    close: () => closeSync(file),
  }
}

function openChunks(chunks: Iterable<Uint8Array>): Input {
  const iterator = chunks[Symbol.iterator]()
  let pending: Uint8Array = new Uint8Array(0)
  const pull = (): boolean => {
    while (pending.length === 0) {
      const next = iterator.next()
      if (next.done) return false
      pending = next.value
    }
    return true
  }
  return {
    fill: (buffer, at) => {
      if (!pull()) return 0
      const part = pending.subarray(0, buffer.length - at)
      buffer.set(part, at)
      pending = pending.subarray(part.length)
      return part.length
    },
    start: (offset) => {
      if (offset > 0) return { encoding: 'utf8', markBytes: 0 }
      let head = Buffer.alloc(0)
      while (head.length < 3 && pull()) {
        head = Buffer.concat([head, pending])
        pending = new Uint8Array(0)
      }
      const mark = detectEncoding(head)
      pending = head.subarray(mark.markBytes)
      return mark
    },
    close: () => {
      iterator.return?.()
    },
  }
}
