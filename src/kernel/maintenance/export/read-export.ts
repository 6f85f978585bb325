/**
 * Reads the lines of an export file one after the other, checking them against its last line: a
 * file that was cut short or changed is refused at its end, before anything made of it is kept.
 */
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { StoreError } from '../../errors.ts'
import { EXPORT_FORMAT, type ExportHeader, type ExportTrailer } from './export-format.ts'

const CHUNK_BYTES = 1024 * 1024
// A body beyond this is refused by `payloads`; in an export it stands in hexadecimal.
const MAX_LINE_BYTES = 1024 * 1024 * 1024
const NEWLINE = 0x0a

/** Yields every line between the first and the last; returns the header by `onHeader`. */
export function* readExport(
  path: string,
  onHeader: (header: ExportHeader) => void,
): Generator<string> {
  const hash = createHash('sha256')
  let count = 0
  let previous: Buffer | undefined
  for (const line of readLines(path)) {
    if (previous) {
      hash.update(previous)
      const text = previous.subarray(0, -1).toString()
      if (count++ === 0) onHeader(parseHeader(path, text))
      else yield text
    }
    previous = line
  }
  // Of a file that is no export its end says nothing.
  if (count === 0 && previous) onHeader(parseHeader(path, previous.toString()))
  const trailer = parseTrailer(path, previous)
  if (trailer.lines !== count || trailer.sha256 !== hash.digest('hex')) {
    throw damaged(path, `its ${count} lines are not the ${trailer.lines} that were written`)
  }
}

/** Every line with the line break at its end; a last one without is torn and left out. */
function* readLines(path: string): Generator<Buffer> {
  const file = attempt(path, () => openSync(path, 'r'))
  try {
    let rest: Buffer[] = []
    let length = 0
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      const read = attempt(path, () => readSync(file, chunk))
      if (read === 0) return
      let start = 0
      for (;;) {
        const end = chunk.subarray(0, read).indexOf(NEWLINE, start)
        if (end < 0) break
        yield Buffer.concat([...rest, chunk.subarray(start, end + 1)])
        rest = []
        length = 0
        start = end + 1
      }
      length += read - start
      if (length > MAX_LINE_BYTES) throw damaged(path, 'it has a line without an end')
      rest.push(chunk.subarray(start, read))
    }
  } finally {
    closeSync(file)
  }
}

// A folder can be opened, and then not read.
function attempt(path: string, action: () => number): number {
  try {
    return action()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR'
    throw new StoreError(isMissing ? 'NOT_FOUND' : 'IO', `${path} cannot be read: ${code}`, {
      hint: 'name a file that was written by: holdfast export <file>, or holdfast backup',
      cause,
    })
  }
}

function parseHeader(path: string, text: string): ExportHeader {
  const header = parse<Partial<ExportHeader>>(text)
  if (header?.holdfast !== 'export' || typeof header.logId !== 'string') {
    throw new StoreError('IMPORT_INVALID', `${path} is not an export`, {
      hint: 'make one with: holdfast export <file>; other files go in with: holdfast import',
    })
  }
  if (header.format !== EXPORT_FORMAT) {
    throw new StoreError(
      'STORE_NEWER',
      `${path} has format ${header.format}, this program reads ${EXPORT_FORMAT}`,
      { hint: 'update this program' },
    )
  }
  return header as ExportHeader
}

function parseTrailer(path: string, line: Buffer | undefined): ExportTrailer {
  const trailer = parse<Partial<ExportTrailer>>(line?.toString() ?? '')
  if (trailer?.holdfast === 'end' && typeof trailer.sha256 === 'string') {
    return trailer as ExportTrailer
  }
  throw damaged(path, 'its end is missing')
}

function parse<Value>(text: string): Value | undefined {
  try {
    return JSON.parse(text) as Value
  } catch {
    // The caller says what it expected here.
    return undefined
  }
}

/** The error of a file that is not what was written. */
export function damaged(path: string, reason: string): StoreError {
  return new StoreError('EXPORT_DAMAGED', `${path} is damaged: ${reason}`, {
    hint: 'copy it again from where it was made; nothing was kept of it',
  })
}
