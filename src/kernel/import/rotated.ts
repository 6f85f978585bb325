/**
 * Whether a log was rotated: what was read of it is there still, under another name beside it. Either the
 * file itself has the other name, or it was copied there and then emptied in place, so that it is the
 * same file with other content.
 */
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { hasPrefix, identityOfFile, isSameFile } from './file-identity.ts'
import type { FileIdentity, LedgerRow } from './ledger.ts'

// Whoever rotates logs keeps some; a folder of more is not looked through.
const MAX_NAMES = 10_000

/** True when the file of `row` has made room for `file`, which stands at `path` now. */
export function isRotated(row: LedgerRow, path: string, file: FileIdentity): boolean {
  if (isSameFile(row, file)) return false
  return namesBeside(path).some((other) => isAt(other, row))
}

/** True when the file of `row` was emptied in place after it had been copied beside `path`. */
export function isCopiedAway(row: LedgerRow, path: string): boolean {
  if (!isEmptied(row)) return false
  const stem = stemOf(path)
  return namesBeside(path).some((other) => stemsOf(other).includes(stem) && isCopy(other, row))
}

/** True when the file of `row` stands at its path, and no more begins with what was read of it. */
export function isEmptied(row: LedgerRow): boolean {
  return unlessGone(() => {
    const file = identityOfFile(row.path)
    if (row.retiredTo !== null || !isSameFile(row, file)) return false
    return file.sizeBytes < row.byteOffset || !hasPrefix(row.path, row)
  })
}

/** True when the file at `path` begins with what was read of `row`, and that was something. */
export function isCopy(path: string, row: LedgerRow): boolean {
  if (row.byteOffset === 0) return false
  return unlessGone(() => {
    return identityOfFile(path).sizeBytes >= row.byteOffset && hasPrefix(path, row)
  })
}

/** What the names of a log's copies begin with: folder and name, up to the first dot. */
export function stemOf(path: string): string {
  const [first = ''] = basename(path).split('.')
  return join(dirname(path), first)
}

/** The stems of logs of which a file of this name can be a copy: `app-1.jsonl` and `app.jsonl.1` of `app.jsonl`. */
export function stemsOf(path: string): string[] {
  const name = basename(path)
  const cuts = Array.from(name.matchAll(/[^A-Za-z0-9]/g), ({ index }) => name.slice(0, index))
  return cuts.map((stem) => join(dirname(path), stem))
}

function namesBeside(path: string): string[] {
  const folder = dirname(path)
  const names = readdirSync(folder).slice(0, MAX_NAMES)
  return names.filter((name) => name !== basename(path)).map((name) => join(folder, name))
}

function isAt(path: string, row: LedgerRow): boolean {
  return unlessGone(() => isSameFile(row, identityOfFile(path)) && hasPrefix(path, row))
}

function unlessGone(ask: () => boolean): boolean {
  try {
    return ask()
  } catch {
    // It has gone since, or may not be read.
    return false
  }
}
