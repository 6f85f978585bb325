/** Copies a store by SQLite while others go on, and proves the copy before anybody trusts it. */
import { closeSync, openSync } from 'node:fs'
import type { Connection } from '../../connection/connection.ts'
import type { DriverFactory } from '../../driver/driver.ts'
import { StoreError } from '../../errors.ts'
import {
  type Contents,
  differenceOf,
  type ReadValues,
  readContents,
  readMarks,
} from './contents.ts'

/** What is copied, and by which library. */
export interface BackupSource {
  readonly factory: DriverFactory
  readonly connection: Connection
}

const COPY = /* sql */ `VACUUM INTO :path`
const QUICK_CHECK = /* sql */ `PRAGMA quick_check(1)`
const DATA_VERSION = /* sql */ `PRAGMA data_version`

/** Copies to `draft`, an unused name, and compares; gives what the copy holds. */
export function copyChecked({ factory, connection }: BackupSource, draft: string): Contents {
  // SQLite fills an empty file, and would make one that others may read.
  closeSync(openSync(draft, 'wx', 0o600))
  const read: ReadValues = (sql) => connection.values(sql)
  const versionOf = () => Number(read(DATA_VERSION)[0]?.[0])
  const version = versionOf()
  const before = readContents(read)
  connection.run(COPY, { path: draft })
  const isStill = versionOf() === version
  const contents = contentsOfCopy(factory, draft)
  const problem = isStill
    ? differenceOf(contents, before)
    : outside(contents, before, readMarks(read))
  if (problem !== undefined) throw unlike(problem)
  return contents
}

/** Opens a copy, or a backup, and checks it; throws `STORE_CORRUPT`. */
export function contentsOfCopy(factory: DriverFactory, path: string): Contents {
  const copy = factory.open(path, { readOnly: true, mustExist: true })
  try {
    const read: ReadValues = (sql) => copy.prepare(sql).values()
    const verdict = read(QUICK_CHECK)[0]?.[0]
    if (verdict !== 'ok') throw unlike(String(verdict))
    return readContents(read)
  } finally {
    copy.close()
  }
}

// Others committed while it was copied: it is some state between the two.
function outside(
  copy: Contents,
  before: Contents,
  after: Omit<Contents, 'rows'>,
): string | undefined {
  if (copy.logId !== before.logId || after.logId !== before.logId) return 'the log was replaced'
  if (copy.head >= before.head && copy.head <= after.head) return undefined
  return `its newest event is ${copy.head}, not ${before.head} to ${after.head}`
}

function unlike(problem: string): StoreError {
  return new StoreError('STORE_CORRUPT', `the backup is not what the store is: ${problem}`, {
    hint: 'nothing else was done; see what is damaged: holdfast verify',
  })
}
