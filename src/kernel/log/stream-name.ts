import { StoreError } from '../errors.ts'

const MAX_LENGTH = 1024

/** Throws `ARGUMENT_INVALID` unless `stream` is a usable name; by convention `module.entity/id`. */
export function checkStreamName(stream: string): void {
  if (
    typeof stream === 'string' &&
    stream.length > 0 &&
    stream.length <= MAX_LENGTH &&
    !stream.includes('\0') &&
    stream.isWellFormed()
  ) {
    return
  }
  throw new StoreError(
    'ARGUMENT_INVALID',
    `stream name ${JSON.stringify(String(stream).slice(0, 80))} is not usable`,
    {
      hint: `use 1 to ${MAX_LENGTH} characters and no NUL, as in 'module.entity/id': an item's id is its end`,
    },
  )
}
