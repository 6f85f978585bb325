/**
 * What the program ends with where something is wrong: 2 for what was typed, 4 for damage; and what is
 * printed of numbers that JavaScript cannot hold.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { pipeline } from '../../dist/modules/pipeline/index.js'
import { holdfast } from '../support/holdfast.ts'
import { tempStorePath } from '../support/temp-folder.ts'

function pipelineStore(): string {
  const path = tempStorePath()
  using store = openStore(path, { pipeline })
  store.pipeline.runs.start({ issue: 1 })
  return path
}

test('integers beyond 2^53 are printed with all their digits', () => {
  const args = ['--store', pipelineStore()]
  const sql = 'SELECT 1234567890123456789 AS id, 7 AS small, NULL AS none, 0.5 AS half'
  const { stdout } = holdfast(['query', sql, '--json', ...args])
  expect(JSON.parse(stdout).rows).toEqual([
    { id: '1234567890123456789', small: 7, none: null, half: 0.5 },
  ])
  expect(holdfast(['query', sql, '--csv', ...args]).stdout).toContain('1234567890123456789,7,,0.5')
  expect(holdfast(['query', sql, ...args]).stdout).toContain('1234567890123456789')
})

test('a preset that is not there, and a value that is no number, are wrong usage', () => {
  const args = ['--store', pipelineStore()]
  const preset = ['query', '--preset', 'pipeline.failed-at-stage']
  expect(holdfast(['query', '--preset', 'nope', ...args]).code).toBe(2)
  expect(holdfast([...preset, '-p', 'days=x', ...args])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('-p days=7'),
  })
  expect(holdfast([...preset, '-p', 'days=30', ...args]).code).toBe(0)
})

test('a restore of a damaged export ends with 4, of a missing file with 1, of standard input with 2', () => {
  const path = pipelineStore()
  const file = join(dirname(path), 'export.jsonl')
  const copy = ['--store', join(dirname(path), 'copy.db')]
  expect(holdfast(['export', file, '--store', path]).code).toBe(0)
  const text = readFileSync(file, 'utf8')
  for (const damaged of [text.slice(0, -20), text.replace('{"table":', '{"tbble":')]) {
    writeFileSync(`${file}.bad`, damaged)
    const { code, stderr } = holdfast(['restore', `${file}.bad`, '--json', ...copy])
    expect([code, JSON.parse(stderr).error.code]).toEqual([4, 'EXPORT_DAMAGED'])
  }
  const missing = holdfast(['restore', join(dirname(path), 'nosuch'), '--json', ...copy])
  expect([missing.code, JSON.parse(missing.stderr).error.code]).toEqual([1, 'NOT_FOUND'])
  expect(holdfast(['restore', '-', ...copy], { input: text }).code).toBe(2)
  expect(holdfast(['restore', file, ...copy]).code).toBe(0)
  expect(readdirSync(dirname(path)).filter((name) => name.includes('before-'))).toEqual([])
})

test('what makes nothing new makes no store where there is none', () => {
  const path = tempStorePath()
  for (const command of [['rebuild'], ['prune', '--yes'], ['verify'], ['tail'], ['backup']]) {
    const { code, stderr } = holdfast([...command, '--json', '--store', path])
    expect([command, code, JSON.parse(stderr).error.code]).toEqual([command, 1, 'STORE_MISSING'])
    expect(existsSync(path)).toBe(false)
  }
})

test('a port that no port can have, and help for a command that is not there, are wrong usage', () => {
  const port = holdfast(['serve', '--port', '65536', '--store', pipelineStore()])
  expect(port).toMatchObject({ code: 2, stderr: expect.stringContaining('65535') })
  const help = holdfast(['help', 'nope'])
  expect(help).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown command 'nope'") })
  expect(holdfast(['help', 'import'])).toMatchObject({ code: 0 })
})

test('a wrong word is told with the right one, on one line', () => {
  expect(holdfast(['tial']).stderr).toContain("unknown command 'tial' (Did you mean tail?)\n")
})

test('a folder in the place of a file, and a file in that of a folder, are told by their names', () => {
  const path = pipelineStore()
  const copy = join(dirname(path), 'copy.db')
  expect(holdfast(['restore', dirname(path), '--json', '--store', copy])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`"IO","message":"${dirname(path)} cannot be read: EISDIR"`),
  })
  expect(holdfast(['export', '--json', copy, '--store', path]).code).toBe(0)
  rmSync(copy, { recursive: true })
  writeFileSync(copy, '')
  expect(holdfast(['export', '--json', copy, '--store', path])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`"PATH_REFUSED","message":"${copy} cannot be written`),
  })
})

test.skipIf(!existsSync('/dev/full'))('a full disk under the output is told in one line', () => {
  const path = pipelineStore()
  for (const command of ['status', 'export', "query 'SELECT 1' --csv"]) {
    const line = `"${process.execPath}" dist/cli/main.js ${command} --store "${path}" > /dev/full`
    const { status, stderr } = spawnSync('sh', ['-c', line], { encoding: 'utf8' })
    expect([status, stderr], command).toEqual([
      1,
      'holdfast: standard output cannot be written: ENOSPC\nhint: free some space, or write to another disk\n',
    ])
  }
})
