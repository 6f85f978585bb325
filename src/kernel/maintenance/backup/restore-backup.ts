/**
 * Makes a store of a backup. It is made beside its place and moved there when it is whole, and
 * nobody of the old store's holders is taken for one of the new (docs/design/backup.md, 7).
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { BOOLEAN, checkArgument, checkOptions, PATH } from '../../arguments.ts'
import type { Connection } from '../../connection/connection.ts'
import { raiseGeneration } from '../../connection/generation.ts'
import { openConnection } from '../../connection/open-connection.ts'
import { chooseDriver } from '../../driver/choose.ts'
import type { DriverFactory } from '../../driver/driver.ts'
import { StoreError } from '../../errors.ts'
import { syncFolder } from '../export/output-file.ts'
import type { RestoreOptions, RestoreReport } from '../export/restore-export.ts'
import { END_CHECKPOINTS, TOKEN_LEAP } from '../export/restore-rows.ts'
import { isStoreFile } from './backup-files.ts'
import { contentsOfCopy, copyChecked } from './copy-checked.ts'

const NEW_LOG = /* sql */ `INSERT OR REPLACE INTO store (key, value) VALUES ('logId', ?)`
const END_OWNERS = [
  /* sql */ `UPDATE leases SET owner = '', process = '', ttl_ms = 0, expires_at_ms = 0,
    fencing_token = fencing_token + ?`,
  /* sql */ `UPDATE port_blocks SET process = '', fencing_token = fencing_token + ?`,
]
const FREE_RESERVED = /* sql */ `
  UPDATE port_blocks SET state = 'free', key = '', expires_at_ms = NULL WHERE state <> 'active'`
const FORGET = [/* sql */ `DELETE FROM presence`, /* sql */ `DELETE FROM live`]
const END_HOLDER = /* sql */ `UPDATE modules SET holder = NULL`
const TIMEOUT_MS = 10_000

/**
 * Makes a new store in `path` of the backup in `file`. Throws `IMPORT_INVALID` for a file that is no
 * store, `STORE_CORRUPT` for a damaged one, `ARGUMENT_INVALID` when there is a store already.
 */
export function restoreBackup(
  file: string,
  path: string,
  options: Pick<RestoreOptions, 'isMove'> = {},
): RestoreReport {
  checkArgument('restoreBackup: the file', file, PATH)
  checkArgument('restoreBackup: the store', path, PATH)
  checkOptions('restoreBackup', options, { isMove: BOOLEAN })
  const { isMove = false } = options
  const target = resolve(path)
  if (!isStoreFile(file)) {
    throw new StoreError('IMPORT_INVALID', `${file} is no backup of a store`, {
      hint: 'see which there are: holdfast backups list',
    })
  }
  const factory = chooseDriver()
  const unfinished = `${target}.restoring-${randomBytes(6).toString('hex')}`
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  try {
    copyBackup(factory, file, unfinished)
    const report = makeAnew(factory, unfinished, isMove)
    moveTo(target, unfinished)
    return report
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(unfinished + end, { force: true })
  }
}

function copyBackup(factory: DriverFactory, file: string, draft: string): void {
  contentsOfCopy(factory, file)
  const source = openAs(factory, file, true)
  try {
    copyChecked({ factory, connection: source }, draft)
  } finally {
    source.close()
  }
}

function makeAnew(factory: DriverFactory, path: string, isMove: boolean): RestoreReport {
  const connection = openAs(factory, path, false)
  try {
    connection.write(() => {
      if (!isMove) {
        connection.run(NEW_LOG, [randomUUID()])
        connection.run(END_CHECKPOINTS)
      }
      for (const sql of END_OWNERS) connection.run(sql, [isMove ? 0 : TOKEN_LEAP])
      for (const sql of [FREE_RESERVED, ...FORGET, END_HOLDER]) connection.run(sql)
      raiseGeneration(connection)
    }, 'full')
  } finally {
    connection.close()
  }
  const { logId, head, rows } = contentsOfCopy(factory, path)
  return { logId, head, events: rows.get('events') ?? 0 }
}

function openAs(factory: DriverFactory, path: string, isReadOnly: boolean): Connection {
  const wait = { path, timeoutMs: TIMEOUT_MS, random: Math.random }
  return openConnection(factory, path, { isReadOnly, wait })
}

// A link refuses to replace what is there, in one step; a rename would not.
function moveTo(target: string, unfinished: string): void {
  const file = openSync(unfinished, 'r+')
  fsyncSync(file)
  closeSync(file)
  try {
    linkSync(unfinished, target)
    syncFolder(dirname(target))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new StoreError('ARGUMENT_INVALID', `there is a file at ${target} already`, {
      hint: 'restore into a new file: --store <path>',
      cause,
    })
  }
}
