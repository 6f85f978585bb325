/**
 * Ending an export in the middle of a file.
 *
 * Invariants: nothing stands at its target; what it had written is removed by the next export to that
 * target; the file of an export that goes on is left alone.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { writeFileWhole } from '../../dist/index.js'
import { tempStorePath } from '../support/temp-folder.ts'

const ENTRY = join(import.meta.dirname, '../../dist/index.js')
const LIMIT_MS = 20_000
const started: ChildProcess[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

// As an export does it: in one turn of the event loop, in which no handler of a signal runs.
async function startWriting(target: string): Promise<ChildProcess> {
  const program = `
    import { writeFileWhole } from ${JSON.stringify(`file://${ENTRY}`)}
    import { writeSync } from 'node:fs'
    writeFileWhole(${JSON.stringify(target)}, (write) => {
      write(Buffer.from('half'))
      writeSync(1, 'begun')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${LIMIT_MS})
    })`
  const args = ['--input-type=module', '--eval', program]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(child)
  await once(child.stdout, 'data')
  return child
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

const newTarget = () => join(dirname(tempStorePath()), 'out.jsonl')
const filesBeside = (target: string) => readdirSync(dirname(target))

test('the next export to the same target removes what a kill left, and nothing of one that goes on', async () => {
  const target = newTarget()
  await end(await startWriting(target), 'SIGKILL')
  const [left = ''] = filesBeside(target)
  expect(left).toMatch(/^\.out\.jsonl\./)
  await startWriting(target)
  // Of another target, and of another machine that may be at work.
  const others = [
    '.other.jsonl.1-00000000-00000000-00000000',
    '.out.jsonl.1-00000000-00000000-00000000',
  ]
  for (const name of others) writeFileSync(join(dirname(target), name), '')
  writeFileWhole(target, (write) => write(Buffer.from('whole')))
  const now = filesBeside(target)
  expect(now).not.toContain(left)
  expect(now).toEqual(expect.arrayContaining(['out.jsonl', ...others]))
  expect(now).toHaveLength(4)
})

test('a failure leaves nothing', () => {
  const target = newTarget()
  const failing = () => {
    throw new Error('no')
  }
  expect(() => writeFileWhole(target, failing)).toThrow('no')
  expect(filesBeside(target)).toEqual([])
  writeFileWhole(target, (write) => write(Buffer.from('whole')))
  expect(filesBeside(target)).toEqual(['out.jsonl'])
})
