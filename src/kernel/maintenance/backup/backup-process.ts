/** Makes a backup in a process of its own, so that the caller's event loop goes on meanwhile. */
import { fork } from 'node:child_process'
import { extname } from 'node:path'
import type { DriverName } from '../../driver/driver.ts'
import { StoreError, type StoreErrorCode } from '../../errors.ts'
import type { BackupReport } from './back-up.ts'
import type { BackupReason } from './backup-files.ts'

/** What the process is told. */
export interface BackupRequest {
  readonly path: string
  readonly driver: DriverName
  readonly reason: BackupReason
}

/** What it answers. */
export type BackupAnswer =
  | { readonly report: BackupReport }
  | {
      readonly failure: {
        readonly code: StoreErrorCode
        readonly message: string
        readonly hint: string | undefined
      }
    }

// Beside source files where the runtime takes types away by itself, beside built ones elsewhere.
const SCRIPT = new URL(`./backup-child${extname(import.meta.url)}`, import.meta.url)

/** Backs a store up; it may be open here, and others may write. */
export function backUpInProcess(request: BackupRequest): Promise<BackupReport> {
  return new Promise((resolve, reject) => {
    const child = fork(SCRIPT, [JSON.stringify(request)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child.once('error', (cause) => reject(ended(request, cause.message, cause)))
    child.once('message', (answer: BackupAnswer) => {
      if ('report' in answer) resolve(answer.report)
      else reject(failureOf(answer.failure))
    })
    // After a message this changes nothing: the promise is settled.
    child.once('exit', (code, signal) => reject(ended(request, `it ended by ${signal ?? code}`)))
  })
}

function failureOf({
  code,
  message,
  hint,
}: Extract<BackupAnswer, { failure: unknown }>['failure']) {
  return new StoreError(code, message, hint === undefined ? {} : { hint })
}

function ended({ path }: BackupRequest, what: string, cause?: unknown): StoreError {
  return new StoreError('IO', `the process that backs up ${path} failed: ${what}`, {
    hint: 'the store is as it was; try again',
    ...(cause === undefined ? {} : { cause }),
  })
}
