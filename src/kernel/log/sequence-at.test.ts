import { expect, test } from 'vitest'
import { collection } from '../../index.ts'
import { createTestStore } from '../../testing/index.ts'
import { openConnection } from '../connection/open-connection.ts'
import { chooseDriver } from '../driver/choose.ts'
import { sequenceAt } from './sequence-at.ts'

test('the sequence at a time is that of the newest event recorded by then, gaps or not', () => {
  using test = createTestStore({ notes: collection<{ id: string; n: number }>() })
  const start = test.clock.now()
  // Each event supersedes one of three earlier: the log is full of gaps.
  for (let n = 1; n <= 40; n++) {
    test.clock.advance(n % 4 === 0 ? 0 : 10)
    test.store.notes.put({ id: `n${n % 3}`, n })
  }
  const wait = { path: test.path, timeoutMs: 0, random: () => 0.5 }
  const connection = openConnection(chooseDriver({}), test.path, { isReadOnly: true, wait })
  const events = test.store.log.read()
  for (let atMs = start - 5; atMs < start + 400; atMs += 5) {
    const expected = events.findLast((event) => event.recordedAtMs <= atMs)?.sequence ?? 0
    expect(sequenceAt(connection, atMs)).toBe(expected)
  }
  connection.close()
})
