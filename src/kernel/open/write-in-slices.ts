/** `store.writeInSlices`: the kernel's own way of doing long work, for everybody. */
import { BOOLEAN, checkArgument } from '../arguments.ts'
import { isPromise } from '../connection/refuse-promise.ts'
import { StoreError } from '../errors.ts'
import type { SliceStep, WriteOptions, WriteTransaction } from '../log/module-store.ts'
import { runInSlices } from '../projections/slices.ts'
import type { Attachment } from './attachment.ts'
import { checkWrite } from './check-write.ts'

/** Runs `step` in one transaction after another until it returns `true`. */
export function writeInSlices(
  attachment: Attachment,
  tx: WriteTransaction,
  step: SliceStep,
  options: WriteOptions,
): void {
  checkWrite('writeInSlices', step, options)
  const { connection } = attachment.kernel
  // In a savepoint each, they would be one long transaction, and the breath between them longer still.
  if (connection.isWriting) {
    throw new StoreError('ARGUMENT_INVALID', 'writeInSlices was called inside a write', {
      hint: 'call it outside: its slices are transactions of their own',
    })
  }
  const judged = (isTimeUp: () => boolean): boolean => {
    const isDone = step(tx, isTimeUp)
    // Nothing at all would be taken for "not yet", for ever; a promise is refused by the write.
    if (!isPromise(isDone)) checkArgument('what a step returns', isDone, BOOLEAN)
    return isDone
  }
  runInSlices(connection, judged, { durability: options.durability })
}
