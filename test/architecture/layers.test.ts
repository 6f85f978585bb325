import { expect, test } from 'vitest'
import { violation } from './layers.ts'
import { sourceFiles } from './source-files.ts'

test('every import points down the layers', () => {
  const violations = sourceFiles().flatMap(({ path, imports }) =>
    imports
      .filter(({ isRelative }) => isRelative)
      .map(({ target }) => violation(path, target))
      .filter((reason) => reason !== undefined),
  )
  expect(violations).toEqual([])
})

test('every file has a layer', () => {
  const homeless = sourceFiles().map(({ path }) => violation(path, path))
  expect(homeless.filter((reason) => reason !== undefined)).toEqual([])
})

test('a layer may import those above it in the list and itself', () => {
  expect(violation('kernel/log/append.ts', 'kernel/errors.ts')).toBeUndefined()
  expect(violation('kernel/log/append.ts', 'kernel/log/heads.ts')).toBeUndefined()
  expect(violation('kernel/log/append.ts', 'kernel/payloads/put.ts')).toBeUndefined()
  expect(violation('index.ts', 'kernel/open/open.ts')).toBeUndefined()
  expect(violation('modules/farm/farm.ts', 'index.ts')).toBeUndefined()
  expect(violation('testing/index.ts', 'index.ts')).toBeUndefined()
  expect(violation('cli/main.ts', 'modules/farm/index.ts')).toBeUndefined()
})

test('nothing imports upwards or sideways', () => {
  expect(violation('kernel/log/append.ts', 'kernel/projections/fold.ts')).toBeDefined()
  expect(violation('kernel/follow/follow.ts', 'kernel/collections/put.ts')).toBeDefined()
  expect(violation('kernel/leases/lease.ts', 'kernel/payloads/put.ts')).toBeDefined()
  expect(violation('kernel/open/open.ts', 'index.ts')).toBeDefined()
})

test('no module imports another', () => {
  expect(violation('modules/farm/farm.ts', 'modules/farm/events.ts')).toBeUndefined()
  expect(violation('modules/farm/farm.ts', 'modules/board/index.ts')).toBeDefined()
})

test('outside the kernel the kernel is its index', () => {
  for (const from of [
    'modules/farm/farm.ts',
    'cli/main.ts',
    'dashboard/server/app.ts',
    'testing/index.ts',
  ]) {
    expect(violation(from, 'kernel/errors.ts')).toMatch('the kernel is src/index.ts')
  }
})

test('what ships does not import the test helpers', () => {
  expect(violation('cli/main.ts', 'testing/index.ts')).toBeDefined()
})

test('a folder that is not listed is refused', () => {
  expect(violation('kernel/utils/misc.ts', 'kernel/errors.ts')).toMatch('in no layer')
  expect(violation('kernel/open/open.ts', 'helpers.ts')).toMatch('in no layer')
})
