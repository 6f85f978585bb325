/**
 * `holdfast/testing`: what a module's own tests need, for any test runner: everything that fails
 * throws an `AssertionError`.
 */
export { assertPrunable, type PrunableOptions } from './assert-prunable.ts'
export { assertReplayable } from './assert-replayable.ts'
export { type Given, given, type Then } from './given.ts'
export type { HistoryEvent, ModuleSource } from './history.ts'
export { TestClock } from './test-clock.ts'
export { createTestStore, TestStore, type TestStoreOptions } from './test-store.ts'
