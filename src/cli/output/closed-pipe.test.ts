import { afterEach, expect, test } from 'vitest'
import { endOnOutputError } from './closed-pipe.ts'

const before = process.stdout.listeners('error')

afterEach(() => {
  for (const listener of process.stdout.listeners('error')) {
    if (!before.includes(listener)) process.stdout.removeListener('error', listener as () => void)
  }
})

test('a program that runs commands keeps its own listeners, and gets one more, however many it runs', () => {
  const ofTheHost = () => undefined
  process.stdout.on('error', ofTheHost)
  endOnOutputError(false)
  endOnOutputError(true)
  const added = process.stdout.listeners('error').filter((listener) => !before.includes(listener))
  expect(added).toHaveLength(2)
  expect(added).toContain(ofTheHost)
})
