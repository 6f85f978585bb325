import { expect, test } from 'vitest'
import { collection, defineModule, event } from '../../index.ts'
import { createTestStore } from '../../testing/index.ts'

const logs = defineModule({
  name: 'logs',
  version: 1,
  events: { 'logs.line.small': event<string>(), 'logs.line.large': event<string>() },
  migrations: [],
  project: { 'logs.line.small': () => undefined, 'logs.line.large': () => undefined },
  api: () => undefined,
})

test('a small log is counted, its payloads included', () => {
  using test = createTestStore({ logs, notes: collection<{ id: string; text: string }>() })
  const { store } = test
  store.log.append('logs.line/a', { type: 'logs.line.small', data: 'x' })
  store.log.append('logs.line/a', { type: 'logs.line.large', data: 'y'.repeat(100_000) })
  const { types, events, isEstimate, payloadBytes } = store.status()
  expect({ events, isEstimate }).toEqual({ events: 2, isEstimate: false })
  expect(types.map(({ type }) => type)).toEqual(['logs.line.large', 'logs.line.small'])
  expect(types[0]?.dataBytes).toBe(payloadBytes)
  expect(types[1]?.dataBytes).toBe(3)
})

test('a large log is estimated within a few percent, and quickly', () => {
  using test = createTestStore({ logs })
  const { store } = test
  store.write((tx) => {
    for (let n = 0; n < 60_000; n++) {
      const type = n % 5 === 0 ? 'logs.line.large' : 'logs.line.small'
      tx.append(`logs.line/${n % 7}`, { type, data: 'x'.repeat(type.length * (n % 3)) })
    }
  })
  const exact = store.sql.all<{ type: string; events: number; bytes: number }>(
    `SELECT name AS type, count(*) AS events, sum(length(data)) AS bytes
     FROM events JOIN event_types ON event_types.id = type_id GROUP BY type_id`,
  )
  const { types, events, isEstimate } = store.status()
  expect(isEstimate).toBe(true)
  expect(Math.abs(events / 60_000 - 1)).toBeLessThan(0.03)
  for (const { type, events: count, bytes } of exact) {
    const found = types.find((entry) => entry.type === type)
    expect(Math.abs((found?.events ?? 0) / count - 1)).toBeLessThan(0.05)
    expect(Math.abs((found?.dataBytes ?? 0) / bytes - 1)).toBeLessThan(0.05)
  }
})

test('free pages are shown until they are given back', () => {
  using test = createTestStore({ notes: collection<{ id: string; text: string }>() })
  const { store } = test
  for (let n = 0; n < 40; n++) store.notes.put({ id: 'n', text: String(n).repeat(8000) })
  const { freeBytes } = store.status()
  expect(freeBytes).toBeGreaterThan(0)
  expect(store.prune().reclaimedBytes).toBe(freeBytes)
  expect(store.status().freeBytes).toBe(0)
})
