import { afterEach, expect, test, vi } from 'vitest'
import { currentProcessIdentity, isProcessAlive } from './identity.ts'
import { signalZero, systemProcessProbe } from './process-probe.ts'

afterEach(() => vi.restoreAllMocks())

function killFailsWith(code: string): void {
  vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error(code), { code })
  })
}

test('only ESRCH says that nobody has the pid', () => {
  killFailsWith('ESRCH')
  expect(signalZero(4711)).toBe('absent')
  for (const code of ['EPERM', 'EACCES', 'EUNKNOWN']) {
    killFailsWith(code)
    expect(signalZero(4711)).toBe('not-permitted')
  }
})

test('signal 0 is sent, which reaches nobody', () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  expect(signalZero(4711)).toBe('exists')
  expect(kill.mock.calls).toEqual([[4711, 0]])
})

test('this process is looked at once, and what is fixed is read once', () => {
  const probe = systemProcessProbe()
  expect(probe.look(process.pid)).toBe(probe.look(process.pid))
  expect(currentProcessIdentity(probe)).toEqual(currentProcessIdentity(probe))
})

test('on Windows a used pid is unknown and an unused one is dead', () => {
  const probe = systemProcessProbe('win32')
  const own = currentProcessIdentity(probe)
  expect(own).toMatchObject({ startTime: '', bootId: '', pidNamespace: 'none' })
  expect(isProcessAlive(own, probe)).toBe('unknown')
  expect(isProcessAlive({ ...own, pid: 2_147_483_647 }, probe)).toBe('dead')
})

test.skipIf(process.platform === 'win32')('where there is no /proc, ps tells the same', () => {
  const probe = systemProcessProbe('freebsd')
  const own = currentProcessIdentity(probe)
  expect(own.startTime).toMatch(/^\d{10}$/)
  expect(isProcessAlive(own, probe)).toBe('alive')
  expect(isProcessAlive({ ...own, startTime: '1700000000' }, probe)).toBe('dead')
})
