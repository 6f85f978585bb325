/**
 * Runs the benchmark cases and prints ratios with their floors and ambitions.
 *
 *   npm run bench [-- <case> …] [--reps 5] [--scale 1]
 *
 * A ratio over 1 means that Holdfast is faster. Raw figures go to bench/results/.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { environment } from './lib/environment.mjs'
import { measure, median } from './lib/measure.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { reps: { type: 'string', default: '5' }, scale: { type: 'string', default: '1' } },
})

const here = new URL('.', import.meta.url)
const files = readdirSync(new URL('cases/', here))
  .filter((file) => file.endsWith('.mjs'))
  .sort()
const chosen = files.filter(
  (file) =>
    positionals.length === 0 || positionals.some((id) => Number.parseInt(file, 10) === Number(id)),
)
const env = environment()
console.log(
  `${env.node} · ${env.driver} · ${env.cpu} · load ${env.load.join(' ')} · write+fdatasync ${env.fdatasyncUs} µs`,
)

const results = []
let below = 0
for (const file of chosen) {
  const { define } = await import(new URL(`cases/${file}`, here))
  const definition = define({ scale: Number(values.scale) })
  console.log(
    `\n${file.replace('.mjs', '')}: ${definition.title} (synchronous ${definition.synchronous ?? 'NORMAL'})`,
  )
  const figures = await measure(definition, {
    repetitions: definition.repetitions ?? Number(values.reps),
  })
  for (const [name, runs] of Object.entries(figures)) {
    if (typeof runs[0] === 'number')
      console.log(`  ${name.padEnd(34)} ${Math.round(median(runs)).toLocaleString('en')}/s`)
  }
  const rows = definition.judge(figures)
  for (const row of rows) {
    const { atMost = Number.POSITIVE_INFINITY, floor = Number.NEGATIVE_INFINITY } = row
    const isMet = row.value >= floor && row.value <= atMost
    if (!isMet) below++
    const bound = boundOf(row)
    const ambition = row.ambition === undefined ? '' : ` · ambition ${row.ambition}`
    console.log(
      `  ${isMet ? 'ok  ' : 'LOW '} ${row.name.padEnd(44)} ${row.value.toFixed(3)} (${bound}${ambition})`,
    )
  }
  results.push({ case: file, title: definition.title, figures, rows })
}
const folder = new URL('results/', here)
mkdirSync(folder, { recursive: true })
const out = new URL(`${env.at.replaceAll(':', '-')}.json`, folder)
writeFileSync(
  out,
  JSON.stringify({ environment: env, endLoad: environment().load, results }, null, 2),
)
console.log(`\nraw figures: ${out.pathname}`)
if (below > 0) console.log(`${below} below the floor`)
process.exitCode = below > 0 ? 1 : 0

function boundOf({ atMost, floor }) {
  if (atMost !== undefined) return `at most ${atMost}`
  return floor === undefined ? 'for comparison' : `floor ${floor}`
}
