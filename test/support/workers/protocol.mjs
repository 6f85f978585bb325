/**
 * The worker's half of `worker-process.ts`: notes to the test, words from it, one result.
 *
 * Acknowledgements go to standard output by a blocking write, so that a line which the test has
 * read was written by a process whose commit had returned.
 */
import { writeSync } from 'node:fs'

const words = new Set()
let onWord = () => {}
process.on('message', ({ word }) => {
  words.add(word)
  onWord()
})

/** Tells the test something under a name. */
export function note(name, value) {
  process.send({ note: name, value })
}

/** Waits until the test has said `word`. */
export async function told(word) {
  while (!words.has(word)) {
    await new Promise((resolve) => {
      onWord = resolve
    })
  }
}

/**
 * For processes that race: none of them fails because the others are many and the machine is busy. A
 * lock that never comes free ends the test at its own limit.
 */
export const PATIENT = { busyTimeoutMs: 120_000 }

/** The barrier: everything is loaded, and nobody has begun. */
export async function ready() {
  note('ready')
  await told('go')
}

/** Writes a line that outlives this process. */
export function acknowledge(line) {
  writeSync(1, `${line}\n`)
}

/** Runs the worker with the test's task, and sends what it returns or throws. */
export async function work(run) {
  let message
  try {
    message = { result: (await run(JSON.parse(process.argv[2]))) ?? null }
  } catch (error) {
    message = { failure: failureOf(error) }
  }
  process.send(message, () => process.disconnect())
}

/** An error as it can be sent. */
export function failureOf(error) {
  return { message: String(error?.stack ?? error), code: error?.code, hint: error?.hint }
}

/** Runs `fn` and gives its failure, or undefined. */
export function failing(fn) {
  try {
    fn()
  } catch (error) {
    return failureOf(error)
  }
}
