/**
 * Recognises test runners by the variables that they set for the code under test.
 *
 * A test that forgets to name a store must not write into the real one of its author, where
 * ports and registries of all projects live.
 */

// node:test, Vitest, Jest, Bun and what agrees with them on NODE_ENV.
const VARIABLES = ['VITEST', 'VITEST_WORKER_ID', 'NODE_TEST_CONTEXT', 'JEST_WORKER_ID', 'BUN_TEST']

/** The variables without those that show that a test is running. */
export function withoutTestRunner<Value extends string | undefined>(
  env: Readonly<Record<string, Value>>,
): Record<string, Value> {
  const isShown = ([name, value]: readonly [string, Value]) =>
    VARIABLES.includes(name) || (name === 'NODE_ENV' && value === 'test')
  return Object.fromEntries(Object.entries(env).filter((entry) => !isShown(entry)))
}

/** The variable that shows that a test is running, as `NAME=value`, or `undefined`. */
export function testRunnerIn(
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const name = VARIABLES.find((variable) => (env[variable] ?? '') !== '')
  if (name !== undefined) return `${name}=${env[name]}`
  return env['NODE_ENV'] === 'test' ? 'NODE_ENV=test' : undefined
}
