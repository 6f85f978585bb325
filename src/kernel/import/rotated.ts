/** Whether a log was rotated: the file that was read is there still, under another name beside it. */
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { hasPrefix, identityOfFile, isSameFile } from './file-identity.ts'
import type { FileIdentity, LedgerRow } from './ledger.ts'

// Whoever rotates logs keeps some; a folder of more is not looked through.
const MAX_NAMES = 10_000

/** True when the file of `row` has made room for `file`, which stands at `path` now. */
export function isRotated(row: LedgerRow, path: string, file: FileIdentity): boolean {
  if (isSameFile(row, file)) return false
  const folder = dirname(path)
  const names = readdirSync(folder).slice(0, MAX_NAMES)
  return names.some((name) => name !== basename(path) && isAt(join(folder, name), row))
}

function isAt(path: string, row: LedgerRow): boolean {
  try {
    return isSameFile(row, identityOfFile(path)) && hasPrefix(path, row)
  } catch {
    // It has gone since, or may not be read.
    return false
  }
}
