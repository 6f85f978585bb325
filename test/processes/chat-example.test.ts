/**
 * The example of a chat orchestrator, as a new user tries it.
 *
 * Invariants: two terminals show the same, whenever they join, each character once; text is shown
 * before it is durable; of two orchestrators on one thread one is refused and changes nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { threads } from '../../dist/modules/threads/index.js'
import { tempStorePath } from '../support/temp-folder.ts'

const FOLDER = join(import.meta.dirname, '../../examples/chat-orchestrator')
const ANSWER = 'I changed src/login.ts so that it does what you asked for. Done!'

interface Run {
  readonly output: () => string
  readonly ended: Promise<number | null>
}

function run(program: string, path: string, ...args: readonly string[]): Run {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(FOLDER, program), path, 'login', ...args],
    { cwd: dirname(path), stdio: ['ignore', 'pipe', 'inherit'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { output: () => output, ended }
}

test('two terminals show the same turns live, one of them from the middle on', async () => {
  const path = tempStorePath()
  const first = run('watch.mjs', path, '2')
  const [code] = await Promise.all([run('orchestrator.mjs', path, 'Add a login').ended])
  expect(code).toBe(0)
  const second = run('watch.mjs', path, '2')
  const going = run('orchestrator.mjs', path, 'And a logout')
  // Not durable yet: the turn has more to come.
  const begun = /> And a logout\n+They want/
  await expect.poll(first.output).toMatch(begun)
  expect(await going.ended).toBe(0)
  expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0])
  expect(second.output()).toBe(first.output())
  expect(first.output().split(ANSWER)).toHaveLength(3)
  using store = openStore(path, { threads })
  expect(store.threads.get('login')).toMatchObject({ status: 'idle', turnCount: 2 })
  expect(store.threads.detail('login')?.checkpoints).toHaveLength(2)
  expect(store.log.head()).toBeLessThan(40)
  expect(store.verify().problems).toEqual([])
})

test('of two orchestrators that begin at once, one is told that the thread is running', async () => {
  const path = tempStorePath()
  const both = [run('orchestrator.mjs', path, 'one'), run('orchestrator.mjs', path, 'two')]
  const codes = await Promise.all(both.map(({ ended }) => ended))
  using store = openStore(path, { threads })
  const { turns = [] } = store.threads.detail('login') ?? {}
  // On a busy machine the one may be done before the other begins.
  expect(turns.filter(({ status }) => status === 'completed')).toHaveLength(turns.length)
  expect(codes.filter((code) => code === 0)).toHaveLength(turns.length)
  expect(codes.filter((code) => code === 1)).toHaveLength(2 - turns.length)
  expect(store.verify().problems).toEqual([])
})
