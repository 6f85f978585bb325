/** The process that makes one backup, through a connection that cannot write to the store. */
import { openConnection } from '../../connection/open-connection.ts'
import { chooseDriver } from '../../driver/choose.ts'
import { isStoreError } from '../../errors.ts'
import { backUp } from './back-up.ts'
import type { BackupAnswer, BackupRequest } from './backup-process.ts'

const TIMEOUT_MS = 10_000

const { path, driver, reason } = JSON.parse(process.argv[2] ?? '{}') as BackupRequest
process.send?.(answer(), () => process.disconnect())

function answer(): BackupAnswer {
  try {
    const factory = chooseDriver({ driver })
    const wait = { path, timeoutMs: TIMEOUT_MS, random: Math.random }
    const connection = openConnection(factory, path, { isReadOnly: true, wait })
    try {
      return { report: backUp({ factory, connection }, reason) }
    } finally {
      connection.close()
    }
  } catch (error) {
    if (!isStoreError(error)) {
      return { failure: { code: 'IO', message: (error as Error).message, hint: undefined } }
    }
    const { code, message, hint } = error
    return { failure: { code, message, hint } }
  }
}
