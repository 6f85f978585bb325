/**
 * The lines of an archive, from a file or a list. An import goes through them twice, so they must be there
 * a second time; of a file a block and a line are in memory.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { StoreError } from '../../index.ts'

const BLOCK_BYTES = 1024 * 1024
// The longest text that there can be; no event was written as a longer one.
const MAX_LINE_BYTES = 512 * 1024 * 1024
const LINE_FEED = 0x0a
const BYTE_ORDER_MARK = '\ufeff'

/** Lines that begin anew each time they are asked for; throws `ARGUMENT_INVALID` for others. */
export function archiveLines(archive: string | Iterable<string>): Iterable<string> {
  if (typeof archive === 'string') {
    return { [Symbol.iterator]: () => asWritten(linesOfFile(archive)) }
  }
  if (typeof archive?.[Symbol.iterator] !== 'function') {
    throw notTwice('an archive is the path of a file, or a list of its lines')
  }
  // A generator is its own iterator: the second pass would find it at its end.
  const isOnce = Object.is(archive[Symbol.iterator](), archive)
  if (isOnce) throw notTwice('the lines of an archive are gone through twice')
  return { [Symbol.iterator]: () => asWritten(archive) }
}

// Somebody's editor or version control may have given it other line breaks, or a mark at its beginning;
// neither is hashed.
function* asWritten(lines: Iterable<string>): Generator<string> {
  let isFirst = true
  for (const line of lines) {
    if (typeof line !== 'string') throw noText()
    const from = isFirst && line.startsWith(BYTE_ORDER_MARK) ? 1 : 0
    yield line.slice(from, line.endsWith('\r') ? -1 : undefined)
    isFirst = false
  }
}

function* linesOfFile(path: string): Generator<string> {
  const file = openFile(path)
  try {
    let rest: Buffer[] = []
    let length = 0
    for (;;) {
      const block = Buffer.allocUnsafe(BLOCK_BYTES)
      const read = block.subarray(0, readBlock(path, file, block))
      let start = 0
      for (;;) {
        const end = read.indexOf(LINE_FEED, start)
        if (end < 0) break
        yield textOf([...rest, read.subarray(start, end)])
        rest = []
        length = 0
        start = end + 1
      }
      if (read.length > start) rest.push(read.subarray(start))
      length += read.length - start
      if (length > MAX_LINE_BYTES) throw tooLong(path)
      if (read.length > 0) continue
      if (rest.length > 0) yield textOf(rest)
      return
    }
  } finally {
    closeSync(file)
  }
}

function textOf(parts: readonly Buffer[]): string {
  const bytes = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
  return bytes.toString()
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

// What can be opened may still be no file.
function readBlock(path: string, file: number, block: Buffer): number {
  try {
    return readSync(file, block)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): StoreError {
  const { code } = cause as NodeJS.ErrnoException
  const isMissing = code === 'ENOENT' || code === 'ENOTDIR'
  return new StoreError(isMissing ? 'NOT_FOUND' : 'IO', `${path} cannot be read: ${code}`, {
    hint: 'name the file of an archive',
    cause,
  })
}

function noText(): StoreError {
  return new StoreError('ARGUMENT_INVALID', 'a line of an archive is a text', {
    hint: 'give the path of its file, or a list of its lines',
  })
}

function tooLong(path: string): StoreError {
  return new StoreError('IMPORT_INVALID', `${path} is no archive: it has a line without an end`, {
    hint: 'export the thread again',
  })
}

function notTwice(problem: string): StoreError {
  return new StoreError('ARGUMENT_INVALID', problem, {
    hint: 'give the path of its file, or a list: [...lines]',
  })
}
