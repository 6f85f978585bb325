import { StoreError } from '../errors.ts'

const MAX_LENGTH = 1024

/** Throws `ARGUMENT_INVALID` unless `stream` is a usable name; by convention `module.entity/id`. */
export function checkStreamName(stream: string): void {
  if (
    stream.length > 0 &&
    stream.length <= MAX_LENGTH &&
    !stream.includes('\0') &&
    stream.isWellFormed()
  ) {
    return
  }
  throw new StoreError(
    'ARGUMENT_INVALID',
    `stream name ${JSON.stringify(stream.slice(0, 80))} is not usable`,
    {
      hint: `use 1 to ${MAX_LENGTH} characters, as in 'module.entity/id'`,
    },
  )
}
