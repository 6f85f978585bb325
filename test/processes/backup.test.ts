/**
 * Backups of a store that is in use.
 *
 * Invariants: what was acknowledged before the call is in the backup; writers go on meanwhile, and so
 * does the caller's event loop; several openers that migrate share one backup; a backup that is killed
 * leaves no file with a backup's name that is not whole; what is restored is proven by verify.
 */
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { listBackups, openStore, restoreBackup } from '../../dist/index.js'
import { farm } from '../../dist/modules/farm/index.js'
import { holdfast } from '../support/holdfast.ts'
import { rounds } from '../support/soak.ts'
import { tempFolder, tempStorePath } from '../support/temp-folder.ts'
import { race, startAll, startWorker } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

const namesBeside = (path: string) =>
  readdirSync(dirname(path)).filter((name) => name !== basename(path))

test('under eight writers each backup is a whole state, with all that was acknowledged before', async () => {
  const path = tempStorePath()
  using store = openStore(path, { tally: tally() })
  const tasks = Array.from({ length: 8 }, (_, n) => ({
    ...{ path, name: `w${n}`, count: 5000, isAcknowledging: true },
  }))
  const writers = await startAll('append', tasks)
  for (const writer of writers) writer.tell('go')
  let turns = 0
  const turning = setInterval(() => turns++, 1)
  for (let round = 0; round < rounds(3, 20); round++) {
    await sleep(50)
    const acknowledged = writers.reduce((sum, { lines }) => sum + lines.length, 0)
    const turnsBefore = turns
    const report = await store.backup()
    expect(turns).toBeGreaterThan(turnsBefore)
    expect(report.head).toBeGreaterThanOrEqual(acknowledged)
    const restored = join(tempFolder(), 'state.db')
    expect(restoreBackup(report.path, restored)).toMatchObject({ events: report.head })
    using copy = openStore(restored, { tally: tally() })
    expect(copy.verify().problems).toEqual([])
  }
  clearInterval(turning)
  await Promise.all(writers.map((writer) => writer.kill()))
})

test('sixteen processes that open an old store at once share one backup', async () => {
  const path = tempStorePath()
  {
    using store = openStore(path, { tally: tally('first') })
    for (let n = 0; n < 20; n++) store.tally.add(`n${n}`)
  }
  await race(
    'open',
    Array.from({ length: 16 }, () => ({ path, release: 'slow' })),
  )
  expect(listBackups(path)).toMatchObject([{ reason: 'before-migration', number: 1 }])
  expect(namesBeside(path).filter((name) => name.includes('unfinished'))).toEqual([])
  const old = join(tempFolder(), 'state.db')
  restoreBackup(`${path}.before-migration-1`, old)
  using store = openStore(old, { tally: tally('first') })
  expect([store.log.head(), store.verify().problems]).toEqual([20, []])
})

test('a backup that is killed at any moment leaves a whole one, or none', async () => {
  const path = tempStorePath()
  {
    using store = openStore(path, { tally: tally() })
    store.write(() => {
      for (let n = 0; n < 20_000; n++) store.tally.add(`n${n % 500}`, n)
    })
  }
  const count = rounds(4, 40)
  for (let round = 0; round < count; round++) {
    const maker = await startWorker('back-up', { path }, { isLeader: true })
    maker.tell('go')
    await Promise.race([sleep((300 / count) * round), maker.exited])
    // The whole group: the copy is made in a process of its own.
    await maker.kill()
    for (const { path: backup } of listBackups(path)) {
      const target = join(tempFolder(), 'state.db')
      expect(restoreBackup(backup, target).events).toBe(20_000)
    }
  }
  using store = openStore(path, { tally: tally() })
  expect(store.verify().problems).toEqual([])
})

test('holdfast backup, backups and restore go together', () => {
  const path = tempStorePath()
  {
    using store = openStore(path, { farm })
    store.farm.in('/project').builders.put({ id: 'B001' })
  }
  const run = (...args: string[]) => holdfast([...args, '--store', path])
  const bytes = readFileSync(path)
  const before = namesBeside(path)
  expect(run('backup', '--dry-run').stdout).toContain(`would be ${path}.backup-1`)
  expect(run('backups').stdout).toContain('there is no backup yet')
  expect([namesBeside(path), readFileSync(path).equals(bytes)]).toEqual([before, true])
  expect(run('backup').stdout).toContain(`backed up to ${path}.backup-1\nchecked: `)
  expect(JSON.parse(run('backup', '--json').stdout)).toMatchObject({
    ...{ path: `${path}.backup-2`, reason: 'backup', head: 1, isNew: true },
  })
  const anHourAgo = Date.now() / 1000 - 3600
  utimesSync(`${path}.backup-1`, anHourAgo, anHourAgo)
  expect(run('backups', 'list').stdout).toMatch(/backup-1 +backup +\S+ +1 h +\d+ KB/)
  const [oldest] = JSON.parse(run('backups', '--json').stdout)
  expect(oldest).toMatchObject({ number: 1, ageMs: expect.closeTo(3_600_000, -5) })

  const shown = run('backups', 'prune', '--older-than', '30m')
  expect([shown.code, shown.stderr]).toEqual([0, expect.stringContaining('nothing was removed')])
  expect(listBackups(path)).toHaveLength(2)
  expect(run('backups', 'prune', '--older-than', '30m', '--yes').stdout).toContain('removed')
  expect(listBackups(path)).toMatchObject([{ number: 2 }])
  expect(run('backups', 'prune', '--older-than', 'long ago').code).toBe(2)

  expect(run('restore', `${path}.backup-2`)).toMatchObject({ code: 2 })
  const target = join(tempFolder(), 'state.db')
  const restored = holdfast(['restore', `${path}.backup-2`, '--store', target, '--json'])
  expect(JSON.parse(restored.stdout)).toMatchObject({ events: 1, verify: { ok: true } })
  expect(statSync(target).mode & 0o777).toBe(0o600)
  using copy = openStore(target, { farm })
  expect(copy.farm.in('/project').builders.list()).toHaveLength(1)
})

test('older files are imported into a store that is in use after a backup, and only once', () => {
  const root = tempFolder()
  const path = join(root, 'state.db')
  const file = join(root, 'state.json')
  const write = (status: string) =>
    writeFileSync(file, JSON.stringify({ builders: [{ id: 'B001', status }] }))
  using store = openStore(path, { farm })
  write('blocked')
  // Nothing is in the store that a backup could bring back.
  expect(store.import([file]).backup).toBeNull()
  expect(store.import([file]).backup).toBeNull()
  write('complete')
  expect(store.import([file]).backup).toBe(`${path}.before-import-1`)
  const old = join(tempFolder(), 'state.db')
  restoreBackup(`${path}.before-import-1`, old)
  using before = openStore(old, { farm })
  const statusIn = (one: typeof store) => one.farm.in(root).builders.get('B001')?.status
  expect([statusIn(before), statusIn(store)]).toEqual(['blocked', 'complete'])
  expect(store.import([file]).backup).toBeNull()
  write('failed')
  const said = holdfast(['import', file, '--store', path])
  expect(said.stdout).toContain(`backed up first: ${path}.before-import-2`)
})
