/** When nothing may be written, and what to do then. */
import { StoreError } from '../errors.ts'

/** Throws `READ_ONLY` for a connection that reads, and `WRITE_IN_READ` inside `read`. */
export function refuseWrite(path: string, isReadOnly: boolean, isInRead: boolean): void {
  if (isReadOnly) {
    throw new StoreError('READ_ONLY', `${path} is open for reading`, {
      hint: "open it with { mode: 'write' }",
    })
  }
  if (isInRead) {
    throw new StoreError('WRITE_IN_READ', 'write() was called inside read()', {
      hint: 'a read view cannot become a write: use write() around both',
    })
  }
}
