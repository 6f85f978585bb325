import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// One project a kind of test, so that `npm test` and `npm run test:all` can choose by cost.
// Everything but `unit` runs the built JavaScript in dist/, as users do.
//
// No limit here says how fast something is: only a hang exceeds it, on a busy machine too.
const POLL = { timeout: 30_000, interval: 20 }
const kind = (name: string, include: string[], testTimeout: number, isolate = true) => ({
  test: {
    ...{ name, include, testTimeout, hookTimeout: testTimeout },
    ...{ pool: 'forks' as const, isolate, expect: { poll: POLL } },
    // Files that share a process find it as it was.
    ...{ restoreMocks: true, unstubEnvs: true },
  },
})

export default defineConfig({
  test: {
    // Vitest would leave one core idle: on two, files would run one after the other.
    maxWorkers: availableParallelism(),
    projects: [
      // No module has state, so files can share a process: loading them costs more than most tests.
      kind('unit', ['src/**/*.test.ts'], 60_000, false),
      kind('architecture', ['test/architecture/**/*.test.ts'], 60_000),
      kind('docs', ['test/docs/**/*.test.ts'], 180_000),
      kind('drivers', ['test/drivers/**/*.test.ts'], 180_000),
      kind('processes', ['test/processes/**/*.test.ts'], 180_000),
      kind('crash', ['test/crash/**/*.test.ts'], 180_000),
      kind('model', ['test/model/**/*.test.ts'], 180_000),
      kind('upgrade', ['test/upgrade/**/*.test.ts'], 180_000),
    ],
  },
})
