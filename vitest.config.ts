import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// One project a kind of test, so that `npm test` and `npm run test:all` can choose by cost.
// Everything but `unit` runs the built JavaScript in dist/, as users do.
//
// No module has state, so files share processes: loading the kernel anew for each takes longer than
// most of their tests.
//
// No limit here says how fast something is: only a hang exceeds it, on a busy machine too.
const POLL = { timeout: 30_000, interval: 20 }
const kind = (name: string, include: string[], testTimeout: number) => ({
  test: {
    ...{ name, include, testTimeout, hookTimeout: testTimeout },
    ...{ pool: 'forks' as const, isolate: false, expect: { poll: POLL } },
    // Files that share a process find it as it was.
    ...{ restoreMocks: true, unstubEnvs: true },
  },
})

const PROJECTS = [
  kind('unit', ['src/**/*.test.ts'], 60_000),
  kind('architecture', ['test/architecture/**/*.test.ts'], 60_000),
  kind('docs', ['test/docs/**/*.test.ts'], 180_000),
  kind('drivers', ['test/drivers/**/*.test.ts'], 180_000),
  kind('processes', ['test/processes/**/*.test.ts'], 180_000),
  kind('crash', ['test/crash/**/*.test.ts'], 180_000),
  kind('model', ['test/model/**/*.test.ts'], 180_000),
  kind('upgrade', ['test/upgrade/**/*.test.ts'], 180_000),
]

// Extra certificates cost each Node that a test starts, and there are many hundreds, half of its start.
delete process.env['NODE_EXTRA_CA_CERTS']

/** Kind after kind, and of a kind the longest files first, so that no core has to wait for one at the end. */
class KindByKind extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project }: TestSpecification) =>
      PROJECTS.findIndex(({ test }) => test.name === project.name)
    return (await super.sort(files)).sort((one, other) => place(one) - place(other))
  }
}

export default defineConfig({
  test: {
    // Tests wait for processes that they started, and those for the disk: with one worker a core, a
    // quarter of the time of the cores is left over.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: KindByKind },
    projects: PROJECTS,
  },
})
