import { expect, test } from 'vitest'
import { bootId, host, hostFrom, normalizedBootId, pidNamespace } from './machine.ts'

test('machines that share a host name have different hosts', () => {
  expect(hostFrom('localhost', 'aaaa')).not.toBe(hostFrom('localhost', 'bbbb'))
  expect(hostFrom('devbox', 'aaaa')).toMatch(/^devbox~[0-9a-f]{8}$/)
})

test('a machine without an id is known by its name alone', () => {
  expect(hostFrom('9f2c1b0a7d44', '')).toBe('9f2c1b0a7d44')
})

test('the machine id itself is not part of the host', () => {
  expect(hostFrom('devbox', '0123456789abcdef')).not.toContain('01234567')
})

test('only a UUID is taken for a boot id', () => {
  const id = '1c2d0000-0000-4000-8000-00000000000a'
  expect(normalizedBootId(`${id.toUpperCase()}\n`)).toBe(id)
  expect(normalizedBootId('{ sec = 1700000000, usec = 0 }')).toBe('')
  expect(normalizedBootId('')).toBe('')
})

test('a platform without a random boot id has none, and one pid namespace', () => {
  expect(bootId('win32')).toBe('')
  expect(bootId('freebsd')).toBe('')
  expect(pidNamespace('darwin')).toBe('none')
  expect(host('win32')).not.toContain('~')
})

test.skipIf(process.platform !== 'linux')('Linux knows its boot and its pid namespace', () => {
  expect(bootId('linux')).toMatch(/^[0-9a-f-]{36}$/)
  expect(pidNamespace('linux')).toMatch(/^\d+$/)
})
