/**
 * Makes a store of an export. The file is made beside its place and moved there when every line
 * has been read and checked, so a store in that place is complete or is not there.
 *
 * Tables of modules are not in an export: each module is marked as to be made anew, which the
 * first program with its code does when it opens the store.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import {
  BOOLEAN,
  checkArgument,
  checkOptions,
  FUNCTION,
  type Kinds,
  PATH,
} from '../../arguments.ts'
import type { Connection } from '../../connection/connection.ts'
import { openConnection } from '../../connection/open-connection.ts'
import { chooseDriver } from '../../driver/choose.ts'
import { StoreError } from '../../errors.ts'
import { KERNEL_MIGRATIONS, KERNEL_MODULE, KERNEL_VERSION } from '../../migrations/kernel-schema.ts'
import { migrateModules } from '../../migrations/migrate.ts'
import type { ExportHeader } from './export-format.ts'
import { readExport } from './read-export.ts'
import { END_CHECKPOINTS, RestoreRows } from './restore-rows.ts'
import { verifyRestored } from './verify-restored.ts'

const LINES_A_TRANSACTION = 5000

const ADD_FACT = /* sql */ `INSERT OR REPLACE INTO store (key, value) VALUES (?, ?)`

/** Options of {@link restoreExport}. */
export interface RestoreOptions {
  /**
   * True when the store that was exported is not used any more: the new one is the same log and
   * goes on with its fencing tokens. Default false: it is another log, and tokens are raised so far
   * that no holder of the old store's leases is taken for a current one.
   */
  readonly isMove?: boolean
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number
  /** Told of the last sequence stored, now and then. */
  readonly onProgress?: (sequence: number, head: number) => void
}

/** What was restored. */
export interface RestoreReport {
  readonly logId: string
  readonly events: number
  /** Sequence of the newest event. */
  readonly head: number
}

const RESTORE: Kinds = { isMove: BOOLEAN, clock: FUNCTION, onProgress: FUNCTION }

/**
 * Reads the export in `file` into a new store in `path`. Throws `EXPORT_DAMAGED` for a file that
 * is not what was written, `IMPORT_INVALID` for one that is no export, `ARGUMENT_INVALID` when there is a store already.
 */
export function restoreExport(
  file: string,
  path: string,
  options: RestoreOptions = {},
): RestoreReport {
  checkArgument('restoreExport: the file', file, PATH)
  checkArgument('restoreExport: the store', path, PATH)
  checkOptions('restoreExport', options, RESTORE)
  const target = resolve(path)
  const unfinished = `${target}.restoring-${randomBytes(6).toString('hex')}`
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  try {
    const report = restoreInto(unfinished, file, options)
    chmodSync(unfinished, 0o600)
    moveTo(target, unfinished)
    return report
  } finally {
    for (const end of ['', '-wal', '-shm']) rmSync(unfinished + end, { force: true })
  }
}

function restoreInto(path: string, file: string, options: RestoreOptions): RestoreReport {
  const { clock = Date.now, isMove = false, onProgress } = options
  const wait = { path, timeoutMs: 0, random: Math.random }
  const connection = openConnection(chooseDriver(), path, { isReadOnly: false, wait })
  try {
    const kernel = { name: KERNEL_MODULE, version: KERNEL_VERSION, shape: null }
    migrateModules(connection, [{ ...kernel, migrations: KERNEL_MIGRATIONS }], clock())
    const rows = new RestoreRows(connection, { nowMs: clock(), isMove })
    const header = storeLines(connection, rows, file, onProgress)
    const logId = isMove ? header.logId : randomUUID()
    connection.write(() => {
      connection.run(ADD_FACT, ['logId', logId])
      if (!isMove) connection.run(END_CHECKPOINTS)
    }, 'full')
    const { events, head } = verifyRestored(connection, file, header)
    return { logId, events, head }
  } finally {
    connection.close()
  }
}

function storeLines(
  connection: Connection,
  rows: RestoreRows,
  file: string,
  onProgress: RestoreOptions['onProgress'],
): ExportHeader {
  let header: ExportHeader | undefined
  const lines = readExport(file, (first) => {
    header = first
  })
  for (let isDone = false; !isDone; ) {
    connection.write(() => {
      for (let count = 0; count < LINES_A_TRANSACTION && !isDone; count++) {
        const next = lines.next()
        if (next.done) isDone = true
        else rows.store(file, next.value)
      }
    })
    if (header) onProgress?.(rows.sequence, header.head)
  }
  if (!header) throw new Error('an export without a header was read to its end')
  return header
}

// A link refuses to replace what is there, in one step; a rename would not.
function moveTo(target: string, unfinished: string): void {
  try {
    linkSync(unfinished, target)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new StoreError('ARGUMENT_INVALID', `there is a file at ${target} already`, {
      hint: 'restore into a new file: --store <path>',
      cause,
    })
  }
}
