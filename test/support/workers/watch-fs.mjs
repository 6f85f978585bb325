/**
 * Loaded before a worker: notes each call of `node:fs` that opens a SQLite file, in the file that
 * `WATCH_FS` names. It watches from inside what strace watches from outside, on any system.
 */

/**
 * Loaded before a worker: notes each call of `node:fs` that opens a SQLite file, in the file that
 * `WATCH_FS` names. It watches from inside what strace watches from outside, on any system.
 */
import fs, { appendFileSync, promises } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const OPENING = [
  'open',
  'openSync',
  'readFile',
  'readFileSync',
  'writeFile',
  'writeFileSync',
  'appendFile',
  'appendFileSync',
  'truncate',
  'truncateSync',
  'copyFile',
  'copyFileSync',
  'cp',
  'cpSync',
  'createReadStream',
  'createWriteStream',
]
const SQLITE_FILE = /\.(?:db|sqlite)(?:-wal|-shm|-journal)?(?:\.before-[^/]*)?$/

const note = appendFileSync
for (const target of [fs, promises]) {
  for (const name of OPENING) {
    const original = target[name]
    if (!original) continue
    target[name] = function watched(...args) {
      const path = args.slice(0, 2).find((arg) => SQLITE_FILE.test(String(arg)))
      if (path !== undefined) note(process.env.WATCH_FS, `${JSON.stringify([name, ...args])}\n`)
      return original.apply(this, args)
    }
  }
}
syncBuiltinESMExports()
