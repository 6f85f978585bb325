import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { document } from '../collections/define.ts'
import { exportJson } from '../maintenance/export/export-json.ts'
import { openStore } from './open-store.ts'

test('a log of an unknown tool comes back line by line, and what was never set is no file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-export-'))
  const [source, out] = [join(folder, 'in'), join(folder, 'out')]
  const lines = '{"time":1,"kind":"a"}\n{"time":2,"n":12345678901234567890}\n'
  mkdirSync(source)
  writeFileSync(join(source, 'clicks.jsonl'), lines)
  const path = join(folder, 'store.db')
  const store = openStore(path, { settings: document({ a: 1 }) })
  store.import([source])
  store.close()
  exportJson(path, out)
  expect(readdirSync(out)).toEqual(['clicks.jsonl'])
  expect(readFileSync(join(out, 'clicks.jsonl'), 'utf8')).toBe(lines)
  rmSync(folder, { recursive: true, force: true })
})
