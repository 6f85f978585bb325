/**
 * What is left of the WAL after a power failure: its end is missing or was never written.
 *
 * Invariant: the store opens to a prefix of the log, with tables that equal that prefix, and goes
 * on from there. It never opens to anything else.
 */
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { rounds } from '../support/soak.ts'
import { tempFolder, tempStorePath } from '../support/temp-folder.ts'
import { startWorker } from '../support/worker-process.ts'
import { tally } from '../support/workers/tally.mjs'

const EVENTS = 200
const MODULES = { tally: tally() }

const DAMAGES = {
  'cut off': (wal: Buffer, at: number) => wal.subarray(0, at),
  'zeroed from somewhere on': (wal: Buffer, at: number) => Buffer.from(wal).fill(0, at),
  'garbled in one sector': (wal: Buffer, at: number) => Buffer.from(wal).fill(0x5a, at, at + 512),
  'flipped in one bit': (wal: Buffer, at: number) => {
    const copy = Buffer.from(wal)
    copy.writeUInt8(copy.readUInt8(at) ^ 0x10, at)
    return copy
  },
}

test.each(Object.entries(DAMAGES))(
  'a WAL that is %s opens to a prefix of the log, and the store goes on',
  async (_name, damage) => {
    const path = tempStorePath()
    openStore(path, MODULES).close()
    const task = { path, name: 'a', count: EVENTS + 1, isAcknowledging: true, everyMs: 1 }
    const writer = await startWorker('append', task)
    writer.tell('go')
    await expect.poll(() => writer.lines.length).toBeGreaterThan(EVENTS / 2)
    await writer.kill()
    const wal = readFileSync(`${path}-wal`)
    expect(wal.length).toBe(statSync(`${path}-wal`).size)
    const heads = new Set<number>()
    const count = rounds(25, 300)
    for (let round = 0; round < count; round++) {
      const copy = join(tempFolder(), 'state.db')
      copyFileSync(path, copy)
      const at = Math.floor((round / count) * (wal.length - 1))
      writeFileSync(`${copy}-wal`, damage(wal, at))
      using store = openStore(copy, MODULES)
      const head = store.log.head()
      heads.add(head)
      const total = head === 0 ? [] : [{ name: 'a', entries: head, total: head }]
      expect(store.tally.rows()).toEqual(total)
      expect(store.log.read({ limit: EVENTS * 2 }).map(({ sequence }) => sequence)).toEqual(
        Array.from({ length: head }, (_, index) => index + 1),
      )
      expect(store.verify().problems).toEqual([])
      expect(store.tally.add('a').sequence).toBe(head + 1)
    }
    expect(heads.size).toBeGreaterThan(12)
  },
)
