import { expect, test } from 'vitest'
import { settleLimits } from './limits.ts'

test('limits that are not asked for are the usual ones', () => {
  expect(settleLimits({ maxRows: 5 })).toEqual({
    timeoutMs: 2000,
    maxRows: 5,
    maxBytes: 5 * 1024 * 1024,
  })
})

test.each([0, -1, 1.5, Number.NaN, 30_001])('a timeout of %s is refused', (timeoutMs) => {
  const refused = expect.objectContaining({ code: 'ARGUMENT_INVALID' })
  expect(() => settleLimits({ timeoutMs })).toThrow(refused)
})
