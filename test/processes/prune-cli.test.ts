/**
 * `holdfast prune`.
 *
 * Invariants: nothing is dropped without --yes; what was shown is what goes; with --archive it is in
 * segments that can be read; the store is proven afterwards.
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { collection, openStore, readSegment } from '../../dist/index.js'
import { holdfast } from '../support/holdfast.ts'
import { tempFolder } from '../support/temp-folder.ts'

const DAY_MS = 24 * 3_600_000

/** A store with an item, and 30 that were removed long ago. */
function makeStore(path: string): void {
  let nowMs = Date.now() - 90 * DAY_MS
  using store = openStore(path, { tasks: collection<{ id: string }>() }, { clock: () => nowMs })
  for (let n = 0; n < 30; n++) store.tasks.put({ id: `t${n}` })
  for (let n = 0; n < 30; n++) store.tasks.delete(`t${n}`)
  nowMs = Date.now()
  store.tasks.put({ id: 'stays' })
}

test('prune shows what may go, and with --yes that goes, into an archive where one is named', () => {
  const folder = tempFolder()
  const path = join(folder, 'state.db')
  makeStore(path)
  const run = (...args: string[]) => holdfast(['prune', ...args, '--store', path])
  const shown = run()
  expect(shown.code).toBe(0)
  expect(shown.stdout).toMatch(/tasks\.item\.removed +removed +30 /)
  expect(shown.stdout).toContain('30 events')
  expect(shown.stderr).toContain('--yes')
  const planned = JSON.parse(run('--json').stdout)
  expect(planned).toMatchObject({ dryRun: true, events: 30 })
  const done = JSON.parse(run('--json', '--yes', '--archive', join(folder, 'archive')).stdout)
  expect(done).toMatchObject({ dryRun: false, events: 30, types: planned.types })
  const archived = done.segments.flatMap((segment: string) => readSegment(segment).events)
  expect(archived).toHaveLength(30)
  expect(run().stdout).toContain('0 events')
  expect(holdfast(['verify', '--store', path]).code).toBe(0)
})

test('prune packs old events and says so; who asks them by SQL is told where they are', () => {
  const path = join(tempFolder(), 'state.db')
  {
    using store = openStore(path, { tasks: collection<{ id: string; text: string }>() })
    store.write(() => {
      for (let n = 0; n < 1500; n++) store.tasks.put({ id: `t${n}`, text: 'as before '.repeat(20) })
    })
  }
  const run = (...args: string[]) => holdfast([...args, '--store', path])
  const bytesOfTypes = () => JSON.parse(run('query', '--preset', 'types', '--json').stdout).rows
  const [{ data_bytes: before }] = bytesOfTypes()
  expect(run('prune').stdout).toMatch(/^500 old events, .* of data may be packed$/m)
  expect(run('prune').stderr).toContain('--yes')
  expect(run('prune', '--no-pack').stdout).not.toContain('packed')
  expect(JSON.parse(run('prune', '--yes', '--no-pack', '--json').stdout).packed.events).toBe(0)
  expect(run('prune', '--yes').stdout).toMatch(/^500 old events, .* of data packed in .*B$/m)
  const [{ events, data_bytes: after }] = bytesOfTypes()
  expect(events).toBe(1500)
  expect(after).toBeLessThan(before * 0.8)
  expect(after).toBeGreaterThan(before * 0.6)
  const asked = run('query', "SELECT data ->> '$.text' FROM events")
  expect(asked.code).toBe(1)
  expect(asked.stderr).toContain('event_data(sequence)')
  const count = "SELECT count(event_data(sequence) ->> '$.text') AS texts FROM events"
  expect(JSON.parse(run('query', '--json', count).stdout).rows).toEqual([{ texts: 1500 }])
  expect(run('verify').code).toBe(0)
})

test('prune makes no store where there is none', () => {
  const path = join(tempFolder(), 'state.db')
  const { code, stderr } = holdfast(['prune', '--json', '--store', path])
  expect(code).toBe(1)
  expect(JSON.parse(stderr).error).toMatchObject({ code: 'STORE_MISSING' })
})
