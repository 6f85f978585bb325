/**
 * Whole imports of damaged files. Invariants:
 *
 * 1. No content makes an import throw, a source fail, or a folder take many seconds.
 * 2. What a reader finds is stored, or known already from a copy; what it cannot read is in the
 *    rejects as it was.
 * 3. The store verifies, and a second import adds nothing.
 * 4. A large damaged file takes less than 256 MB of memory.
 *
 * FUZZ_COUNT sets how many inputs, FUZZ_SEED the first; a failure names the seed of its folder.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openStore, readJsonBytes, readJsonl, type SourceReport } from '../../dist/index.js'
import { rounds } from '../support/soak.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { damagedDocument, damagedLines, object, seededRandom } from './mutated-inputs.ts'

const { env } = process
const COUNT = Number(env['FUZZ_COUNT'] ?? rounds(300, 20_000))
const FIRST_SEED = Number(env['FUZZ_SEED'] ?? 1)
// Several to a store, so that opening and verifying it do not take most of the time.
const INPUTS_A_FOLDER = 20
// Only what never comes to its end, or grows with a power of its input, takes this long.
const MAX_FOLDER_MS = 300_000
const TIMEOUT_MS = 3_600_000

const REJECTS = 'SELECT path, hex(raw) AS raw FROM rejects JOIN imports ON imports.id = import_id'

const MAX_RSS_MB = 256
const LARGE_BYTES = 24 * 1024 * 1024
const DIST = new URL('../../dist/index.js', import.meta.url).href
const IMPORT_AND_MEASURE = `
  const [dist, store, source] = process.argv.slice(1)
  const { openStore } = await import(dist)
  const opened = openStore(store)
  const { stored, rejected } = opened.import([source])
  opened.close()
  const rssMb = process.resourceUsage().maxRSS / 1024
  console.log(JSON.stringify({ stored, rejected, rssMb }))`

function makeInputs(folder: string, seed: number): Map<string, Buffer> {
  const random = seededRandom(seed)
  const inputs = new Map<string, Buffer>()
  for (let number = 0; number < INPUTS_A_FOLDER; number++) {
    const isLines = random() < 0.7
    const bytes = isLines ? damagedLines(random) : damagedDocument(random)
    const name = isLines ? `log${number}.jsonl` : `file${number}.json`
    inputs.set(name, bytes)
    writeFileSync(join(folder, name), bytes)
  }
  return inputs
}

/** What the reader makes of a source that was imported as it was. */
function expected({ becomes }: SourceReport, bytes: Buffer) {
  if (becomes === 'events') {
    const items = [...readJsonl({ chunks: [bytes] }, { growing: true })]
    return {
      records: items.filter((item) => item.kind === 'record').length,
      bad: items.flatMap((item) => (item.kind === 'record' ? [] : [bytesOf(item)])),
    }
  }
  const result = readJsonBytes(bytes)
  const bad = result.kind === 'value' ? result.rejects : [result]
  return { records: undefined, bad: bad.map(bytesOf) }
}

// As the table has it: the source's bytes where its text does not stand for them.
function bytesOf(item: { readonly raw: string; readonly rawBase64?: string | undefined }): string {
  const { raw, rawBase64 } = item
  const bytes = rawBase64 === undefined ? Buffer.from(raw) : Buffer.from(rawBase64, 'base64')
  return bytes.toString('hex')
}

function checkFolder(seed: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'))
  try {
    const sources = join(folder, 'in')
    mkdirSync(sources)
    const inputs = makeInputs(sources, seed)
    using store = openStore(join(folder, 'state.db'))
    const report = store.import([sources])
    const kept = keptRejects(store.sql.all(REJECTS))
    const keptOf = (name: string) =>
      [...kept].filter((one) => one.startsWith(`${name} `)).map((one) => one.slice(name.length + 1))
    for (const source of report.sources) {
      const name = basename(source.path)
      const { records, bad } = expected(source, inputs.get(name) ?? Buffer.alloc(0))
      expect(source.outcome, `${name}: ${source.problem}`).not.toBe('failed')
      expect(source.stored + source.duplicate, `records of ${name}`).toBe(
        records ?? source.stored + source.duplicate,
      )
      if (source.becomes === 'nothing') continue
      const rejects = keptOf(name)
      for (const one of bad) {
        const isKept =
          rejects.includes(one) ||
          (source.becomes !== 'events' &&
            rejects.some((reject) => reject.endsWith(one) || isRestOf(one, reject, source.stored)))
        expect(isKept, `a reject of ${name}: ${one}`).toBe(true)
      }
    }
    expect(report.sources.length + report.skippedCount).toBe(inputs.size)
    expect(store.verify().problems).toEqual([])
    expect(store.import([sources])).toMatchObject({ stored: 0 })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// A document is taken member by member: its reject may begin earlier, with a whole member, or later, behind
// those that were stored. What stands before it is then, closed, a document of just so many members.
function isRestOf(whole: string, reject: string, stored: number): boolean {
  if (stored === 0 || !whole.endsWith(reject)) return false
  const head = Buffer.from(whole.slice(0, -reject.length), 'hex').toString().trim()
  // The comma between the last member that was stored and the one that was not.
  if (head === ',') return true
  const result = readJsonBytes(Buffer.from(head + (head.startsWith('[') ? ']' : '}')))
  return (
    result.kind === 'value' &&
    result.rejects.length === 0 &&
    Object.keys(result.value as object).length === stored
  )
}

type Rows = readonly { readonly path: string; readonly raw: string }[]

function keptRejects(rows: Rows): Set<string> {
  return new Set(rows.map(({ path, raw }) => `${basename(path)} ${raw.toLowerCase()}`))
}
test(
  'whatever a file holds is stored, or kept as a reject, once',
  () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed += INPUTS_A_FOLDER) {
      const startedAt = performance.now()
      try {
        checkFolder(seed)
      } catch (cause) {
        throw new Error(`FUZZ_SEED=${seed}: ${(cause as Error).message}`, { cause })
      }
      expect(performance.now() - startedAt, `ms for seed ${seed}`).toBeLessThan(MAX_FOLDER_MS)
    }
  },
  TIMEOUT_MS,
)

test('a large damaged log is imported in bounded memory', () => {
  const folder = tempFolder()
  const source = join(folder, 'large.jsonl')
  const random = seededRandom(FIRST_SEED)
  for (let bytes = 0; bytes < LARGE_BYTES; ) {
    const parts = Array.from({ length: 1000 }, () => damagedLines(random))
    // Most of a real log is sound, however much of it is damaged.
    const sound = Array.from({ length: 4000 }, () => `${object(random)}\n`).join('')
    const piece = Buffer.concat([...parts, Buffer.from(`\n${sound}`)])
    appendFileSync(source, piece)
    bytes += piece.length
  }
  const args = ['--input-type=module', '-e', IMPORT_AND_MEASURE]
  const out = execFileSync(process.execPath, [...args, DIST, join(folder, 'state.db'), source], {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  })
  const { stored, rejected, rssMb } = JSON.parse(out) as Record<string, number>
  expect(stored).toBeGreaterThan(100_000)
  expect(rejected).toBeGreaterThan(1000)
  expect(rssMb).toBeLessThan(MAX_RSS_MB)
})
