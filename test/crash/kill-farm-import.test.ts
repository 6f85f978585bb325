/**
 * A process that is killed while it opens a project with older state for the first time.
 *
 * Invariants: the next open has every row once, whenever the kill came; no event was stored twice; the
 * older files are as they were.
 */
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { farm } from '../../dist/modules/farm/index.js'
import { rounds } from '../support/soak.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { startWorker } from '../support/worker-process.ts'

const BUILDERS = 300

test('older state is there once after a kill at any moment of the first open', async ({
  annotate,
}) => {
  const count = rounds(6, 60)
  let interrupted = 0
  for (let round = 0; round < count; round++) {
    const root = realpathSync(tempFolder())
    const [path, legacy] = [join(root, 'state.db'), join(root, '.agent-farm')]
    mkdirSync(legacy)
    const builders = Array.from({ length: BUILDERS }, (_, n) => ({ id: `B${n}`, port: 4210 + n }))
    const file = join(legacy, 'state.json')
    const text = JSON.stringify({ architect: { pid: 1, port: 4201, cmd: 'agent' }, builders })
    writeFileSync(file, text)
    writeFileSync(join(legacy, 'ports.json'), JSON.stringify({ [root]: { basePort: 4700 } }))
    const opener = await startWorker('farm', { action: 'open', path, legacy })
    opener.tell('go')
    await Promise.race([sleep((120 / count) * round), opener.exited])
    await opener.kill()
    {
      using before = openStore(path, {}, { mode: 'read' })
      const isWhole = before.attached && before.log.head() >= BUILDERS + 2
      if (!isWhole) interrupted++
    }
    using store = openStore(path, { farm }, { importFrom: legacy })
    const { builders: rows, architects } = store.farm.in(root)
    expect([rows.list().length, architects.list().length]).toEqual([BUILDERS, 1])
    expect(store.farm.legacyBlocks()).toMatchObject([{ workspace: root, base: 4700 }])
    expect([store.log.head(), store.import([legacy]).stored]).toEqual([BUILDERS + 2, 0])
    expect(store.verify().problems).toEqual([])
    expect(readFileSync(file, 'utf8')).toBe(text)
  }
  await annotate(`killed before the end ${interrupted} times of ${count}`)
  expect(interrupted).toBeGreaterThan(0)
})
