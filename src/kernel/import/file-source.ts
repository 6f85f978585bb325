/** A found file as importers see it. */
import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import type { ImportSource } from '../log/importer.ts'
import type { FileIdentity } from './ledger.ts'
import { attempt } from './readers/read-errors.ts'
import { decode, detectEncoding } from './readers/text.ts'
import type { FoundFile } from './walk.ts'

const PEEK_BYTES = 4096

/** Makes the source of a file; its head is read when first asked for. */
export function fileSource(file: FoundFile, identity: FileIdentity): ImportSource {
  const { path, relativePath, siblings } = file
  const name = basename(path)
  let head: string | undefined
  return {
    path,
    relativePath,
    name,
    siblings,
    sizeBytes: identity.sizeBytes,
    modifiedAtMs: identity.modifiedAtMs,
    peek: () => {
      // Closing a database that this process has open would drop its locks.
      head ??= siblings.includes(`${name}-shm`) ? '' : readHead(path)
      return head
    },
  }
}

function readHead(path: string): string {
  return attempt(path, () => {
    const file = openSync(path, 'r')
    try {
      const buffer = Buffer.alloc(PEEK_BYTES)
      const bytes = buffer.subarray(0, readSync(file, buffer, 0, PEEK_BYTES, 0))
      const { encoding, markBytes } = detectEncoding(bytes)
      return decode(bytes.subarray(markBytes), encoding)
    } finally {
      closeSync(file)
    }
  })
}
