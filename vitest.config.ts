import { defineConfig } from 'vitest/config'

// One project a kind of test, so that `npm test` and `npm run test:all` can choose by cost.
// Everything but `unit` runs the built JavaScript in dist/, as users do.
const kind = (name: string, include: string[], testTimeout: number) => ({
  test: { name, include, testTimeout, hookTimeout: testTimeout, pool: 'forks' as const },
})

export default defineConfig({
  test: {
    projects: [
      kind('unit', ['src/**/*.test.ts'], 20_000),
      kind('architecture', ['test/architecture/**/*.test.ts'], 20_000),
      kind('docs', ['test/docs/**/*.test.ts'], 60_000),
      kind('drivers', ['test/drivers/**/*.test.ts'], 60_000),
      kind('processes', ['test/processes/**/*.test.ts'], 180_000),
      kind('crash', ['test/crash/**/*.test.ts'], 180_000),
      kind('model', ['test/model/**/*.test.ts'], 180_000),
      kind('upgrade', ['test/upgrade/**/*.test.ts'], 60_000),
    ],
  },
})
