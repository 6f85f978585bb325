/**
 * Clocks that jump, and processes whose clocks differ.
 *
 * Invariant: `recordedAtMs` never falls along the log, `occurredAtMs` is what the caller said, and
 * the order of the log is that of the commits, whatever any clock says.
 */
import { expect, test } from 'vitest'
import { openStore, type RecordedEvent } from '../../dist/index.js'
import { openSession } from '../support/session.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { tally } from '../support/workers/tally.mjs'

const HOUR_MS = 3_600_000
const TEN_YEARS_MS = 10 * 365 * 24 * HOUR_MS

test('recorded times never fall while the clock jumps back and forth', () => {
  const start = 1_700_000_000_000
  const jumps = [0, 5, -HOUR_MS, 3, -TEN_YEARS_MS, TEN_YEARS_MS, 0, -1, HOUR_MS, -TEN_YEARS_MS]
  let offset = 0
  const path = tempStorePath()
  const clock = () => start + offset
  for (const jump of jumps) {
    offset = jump
    using store = openStore(path, { tally: tally() }, { clock })
    store.tally.add('a')
    store.log.append('tally.entry/a', {
      type: 'tally.entry.added',
      data: { name: 'a', amount: 1 },
      occurredAtMs: 7,
    })
  }
  using store = openStore(path, { tally: tally() })
  const events = store.log.read()
  expect(events).toHaveLength(2 * jumps.length)
  expect(falls(events)).toEqual([])
  expect(events.filter(({ occurredAtMs }) => occurredAtMs === 7)).toHaveLength(jumps.length)
  expect(store.verify().problems).toEqual([])
})

test('processes whose clocks are years apart write one log in one order', async () => {
  const path = tempStorePath()
  const sessions = await Promise.all(
    [0, -TEN_YEARS_MS, HOUR_MS, -HOUR_MS].map((clockOffsetMs) =>
      openSession(path, { clockOffsetMs }),
    ),
  )
  for (let round = 0; round < 10; round++) {
    await Promise.all(sessions.map((session, n) => session.call('add', `s${n}`)))
  }
  using store = openStore(path, { tally: tally() })
  const events = store.log.read()
  expect(events).toHaveLength(40)
  expect(falls(events)).toEqual([])
  expect(store.verify().problems).toEqual([])
})

function falls(events: readonly RecordedEvent[]): number[] {
  return events
    .filter((event, index) => event.recordedAtMs < (events[index - 1]?.recordedAtMs ?? 0))
    .map(({ sequence }) => sequence)
}
