/** `createTestStore`, closed by itself when the running test has finished. */
import { onTestFinished } from 'vitest'
import type { ModuleMap } from '../../src/index.ts'
import { createTestStore, type TestStore, type TestStoreOptions } from '../../src/testing/index.ts'

/** Makes a store for the running test. */
export function storeForTest<const Modules extends ModuleMap>(
  modules: Modules,
  options: TestStoreOptions = {},
): TestStore<Modules> {
  const test = createTestStore(modules, options)
  onTestFinished(() => test.close())
  return test
}
