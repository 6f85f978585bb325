/**
 * Files that are never a source, or not without being named: what Holdfast wrote itself (an import
 * of a mirror would feed a store its own output), what SQLite keeps beside a database, secrets.
 */

const OWN_FOLDERS = new Set(['.holdfast'])
const OTHER_FOLDERS = new Set(['.git', 'node_modules'])
const COMPANION = /-(wal|shm|journal|bell|mirror)$/i
const BACKUP = /\.bak(\.\d+)?$/i
const TEMPORARY = /(\.(lock|tmp|temp|swp|pid|sock)|~)$/i
const SECRET =
  /(^|[-_.])(api[-_]?keys?|auth|credentials?|passwords?|private[-_]?keys?|secrets?|tokens?)\.(json|jsonl|ndjson)$|^\.env|^\.npmrc$|^\.netrc$|^id_[a-z0-9]+$|\.(pem|key|p12|pfx)$/i
/** How everything begins that Holdfast writes as JSON: exports, mirrors. */
const OWN_TEXT = /^\ufeff?\s*\{\s*"holdfast"\s*:/

/** Why a folder is not entered; `undefined` when it is. */
export function whyNotEntered(name: string): string | undefined {
  if (OWN_FOLDERS.has(name)) return 'written by Holdfast'
  return OTHER_FOLDERS.has(name) ? 'not a place for state' : undefined
}

/** Why a file is no source, whatever is asked for. */
export function whyNeverSource(name: string): string | undefined {
  if (COMPANION.test(name)) return 'belongs to a database'
  if (BACKUP.test(name)) return 'a backup'
  return TEMPORARY.test(name) ? 'a lock or a temporary file' : undefined
}

/** True for names under which secrets are kept; naming the file in `as` imports it all the same. */
export function looksSecret(name: string): boolean {
  return SECRET.test(name)
}

/** True when Holdfast wrote this text. */
export function isOwnText(head: string): boolean {
  return OWN_TEXT.test(head)
}
