/** From a file's name to the name of its table: valid, not reserved, not taken. */

import { IMPORT_MODULE_NAME } from '../log/importer.ts'
import { KERNEL_MODULE, KERNEL_TABLES } from '../migrations/kernel-schema.ts'

const MAX_LENGTH = 56
// A rotated part of a log is named by number or date: `app.jsonl.1`, `app.jsonl-20260101`.
const ROTATED = String.raw`(?:[.-]\d+)*`
const LINES = new RegExp(String.raw`\.(?:jsonl|ndjson)${ROTATED}$`, 'i')
const LOG = new RegExp(String.raw`(?:\.log${ROTATED}|^[^.]+)$`, 'i')
const COMPRESSED = /\.(?:json|jsonl|ndjson|log)(?:[.-]\d+)*\.(?:gz|zst|bz2|xz|zip)$/i

/** True of a name that promises JSON lines, rotated ones too. */
export function isLinesName(name: string): boolean {
  return LINES.test(name)
}

/** True of a name under which anything may be logged, JSON lines among it. */
export function isLogName(name: string): boolean {
  return LOG.test(name)
}

/** True of a name that promises JSON, compressed. */
export function isCompressedName(name: string): boolean {
  return COMPRESSED.test(name)
}

const EXTENSION = new RegExp(String.raw`(?<=.)\.(?:json|jsonl|ndjson|log)(?=${ROTATED}$)`, 'i')

/** Makes a valid name of `text`: a-z, 0-9 and _, a letter first. */
export function validName(text: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, MAX_LENGTH)
  if (plain === '') return 'file'
  return /^[a-z]/.test(plain) && !plain.startsWith('sqlite_') ? plain : `f_${plain}`
}

/** The name of a file without its extension, made valid. */
export function nameOfFile(relativePath: string): string {
  const name = relativePath.slice(relativePath.lastIndexOf('/') + 1)
  return validName(name.replace(EXTENSION, ''))
}

/**
 * The first free one of the file's own name, the name with its folder, and so on; numbered when
 * even the whole path is taken.
 */
export function freeName(relativePath: string, isTaken: (name: string) => boolean): string {
  const refused = (name: string) =>
    name === KERNEL_MODULE ||
    name === IMPORT_MODULE_NAME ||
    KERNEL_TABLES.has(name) ||
    isTaken(name)
  const folders = relativePath.split('/').slice(0, -1)
  const own = nameOfFile(relativePath)
  for (let count = 0; count <= folders.length; count++) {
    const name = validName([...folders.slice(folders.length - count), own].join('_'))
    if (!refused(name)) return name
  }
  // A module has all that begins with its name, so that no number would help.
  const isModules = refused(`${own}_`)
  const root = isModules ? validName(`file_${own}`) : own
  if (isModules && !refused(root)) return root
  let number = 2
  while (refused(`${root}_${number}`)) number++
  return `${root}_${number}`
}
