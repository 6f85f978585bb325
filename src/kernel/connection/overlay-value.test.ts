import { expect, test } from 'vitest'
import { OverlayValue } from './overlay-value.ts'

function inTransaction(): OverlayValue<string> {
  const value = new OverlayValue('committed')
  value.begin()
  value.value = 'set'
  return value
}

test('what is set in a transaction stays after COMMIT and goes with ROLLBACK', () => {
  const kept = inTransaction()
  kept.commit()
  expect(kept.value).toBe('set')
  const undone = inTransaction()
  undone.rollback()
  expect(undone.value).toBe('committed')
})

test('a savepoint that is undone takes only its own', () => {
  const value = inTransaction()
  value.savepoint()
  value.value = 'deeper'
  value.rollbackTo()
  expect(value.value).toBe('set')
  value.savepoint()
  value.value = 'kept'
  value.release()
  value.commit()
  expect(value.value).toBe('kept')
})

test('what is reset is not brought back', () => {
  const value = inTransaction()
  value.savepoint()
  value.reset('empty')
  value.rollbackTo()
  value.rollback()
  expect(value.value).toBe('empty')
})

test('outside a transaction a rollback finds nothing to undo', () => {
  const value = new OverlayValue('first')
  value.value = 'second'
  value.rollback()
  expect(value.value).toBe('second')
})
