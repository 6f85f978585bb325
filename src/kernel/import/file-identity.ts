/** Which file stands at a path, and whether it is the one that the ledger has a row of. */
import { statSync } from 'node:fs'
import type { FileIdentity, LedgerRow } from './ledger.ts'
import { PrefixHash } from './prefix-hash.ts'
import { attempt } from './readers/read-errors.ts'

/** The identity of the file at `path`; throws `NOT_FOUND` or `IO`. */
export function identityOfFile(path: string): FileIdentity {
  const stats = attempt(path, () => statSync(path, { bigint: true }))
  return {
    device: String(stats.dev),
    inode: String(stats.ino),
    sizeBytes: Number(stats.size),
    modifiedAtMs: Number(stats.mtimeMs),
  }
}

/** True when both are one file, whatever its name and content. */
export function isSameFile(
  one: Pick<FileIdentity, 'device' | 'inode'>,
  other: Pick<FileIdentity, 'device' | 'inode'>,
): boolean {
  return one.device === other.device && one.inode === other.inode
}

/** True when the file still begins with the bytes that were imported. */
export function hasPrefix(path: string, row: LedgerRow): boolean {
  if (row.contentHash === null) return row.byteOffset === 0
  const prefix = new PrefixHash(path)
  try {
    return prefix.at(row.byteOffset)?.equals(row.contentHash) ?? false
  } finally {
    prefix.close()
  }
}
