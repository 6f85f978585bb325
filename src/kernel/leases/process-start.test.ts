import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { parseProcStat, parsePs, sightFromProc, sightFromPs } from './process-start.ts'

const TAIL = '1 10 10 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 83920412 1000 200 18446744073709551615'

test('the start time is field 22, whatever the program calls itself', () => {
  for (const name of ['node', 'a b', 'a) R 1 (b', ')', '(', ' ) Z 1 ']) {
    expect(parseProcStat(`77 (${name}) S ${TAIL}\n`)).toEqual({
      startTime: '83920412',
      isZombie: false,
    })
  }
})

test('states Z and X are a process that has ended', () => {
  expect(parseProcStat(`77 (node) Z ${TAIL}`)?.isZombie).toBe(true)
  expect(parseProcStat(`77 (node) X ${TAIL}`)?.isZombie).toBe(true)
  expect(parseProcStat(`77 (node) T ${TAIL}`)?.isZombie).toBe(false)
})

test('a line that is cut short gives nothing', () => {
  for (const line of ['', '77', '77 (node', '77 (node) S', '77 (node) S 1 2 3']) {
    expect(parseProcStat(line)).toBeUndefined()
  }
})

test('what ps prints is read as epoch seconds in UTC', () => {
  expect(parsePs('Ss   Mon Jan  5 09:07:01 2026\n')).toEqual({
    startTime: String(Date.UTC(2026, 0, 5, 9, 7, 1) / 1_000),
    isZombie: false,
  })
  expect(parsePs('Z+ Mon Jan  5 09:07:01 2026')?.isZombie).toBe(true)
  for (const output of ['', 'S', 'S lundi 5 janvier', '  \n']) {
    expect(parsePs(output)).toBeUndefined()
  }
})

test.skipIf(process.platform !== 'linux')(
  'a program with an odd name is seen in /proc',
  async () => {
    const script = 'process.title = "x) Z 1 (y"; console.log("up"); setTimeout(() => {}, 60000)'
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      await once(child.stdout, 'data')
      const sight = sightFromProc(child.pid ?? 0)
      expect(sight?.isZombie).toBe(false)
      expect(Number(sight?.startTime)).toBeGreaterThan(
        Number(sightFromProc(process.pid)?.startTime),
      )
    } finally {
      child.kill('SIGKILL')
    }
  },
)

test.skipIf(process.platform === 'win32')('ps sees this process the same in every zone', () => {
  const zone = process.env['TZ']
  try {
    process.env['TZ'] = 'Asia/Kathmandu'
    const one = sightFromPs(process.pid)
    process.env['TZ'] = 'America/St_Johns'
    expect(sightFromPs(process.pid)).toEqual(one)
    const ageMs = Date.now() - Number(one?.startTime) * 1_000
    // A zone would be hours; a machine that was busy when this process began is seconds.
    expect(Math.abs(ageMs - process.uptime() * 1_000)).toBeLessThan(10 * 60_000)
  } finally {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  }
})

test('a pid that nobody has gives nothing', () => {
  expect(sightFromProc(2_147_483_647)).toBeUndefined()
  expect(sightFromPs(2_147_483_647)).toBeUndefined()
})
