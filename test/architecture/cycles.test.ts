import { expect, test } from 'vitest'
import { findCycle } from './cycles.ts'
import { sourceFiles } from './source-files.ts'

// Types may refer to each other within a folder: they leave nothing to load in a wrong order.
test('no file imports itself through others', () => {
  const graph = new Map(
    sourceFiles().map(({ path, imports }) => [
      path,
      imports.filter((one) => one.isRelative && !one.isTypeOnly).map(({ target }) => target),
    ]),
  )
  expect(findCycle(graph)?.join(' → ')).toBeUndefined()
})

test('a cycle is found wherever it is, and a diamond is none', () => {
  const diamond = { a: ['b', 'c'], b: ['d'], c: ['d'], d: [] as string[] }
  expect(findCycle(new Map(Object.entries(diamond)))).toBeUndefined()
  const cycle = { ...diamond, d: ['e'], e: ['b'] }
  expect(findCycle(new Map(Object.entries(cycle)))).toEqual(['b', 'd', 'e', 'b'])
})
