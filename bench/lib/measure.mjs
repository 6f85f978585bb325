/**
 * Interleaved repetitions: each runs every variant once, in rotating order, so that a slow minute of
 * the machine falls on all of them. A ratio is the median of the repetitions' own ratios.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs a case; gives each variant's figures by repetition. */
export async function measure({ variants }, { repetitions, onRepetition }) {
  const names = Object.keys(variants)
  const figures = Object.fromEntries(names.map((name) => [name, []]))
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + repetition) % names.length]
      const directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'holdfast-bench-'))
      try {
        globalThis.gc?.()
        figures[name].push(await variants[name](directory))
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    }
    onRepetition?.(repetition)
  }
  return figures
}

/** Events a second while `work` runs; the close, with its checkpoint, is inside the time. */
export async function rate(events, work) {
  const startedAt = performance.now()
  await work()
  return (events / (performance.now() - startedAt)) * 1000
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Median of the paired ratios of two variants. */
export function ratio(over, under) {
  return median(over.map((value, index) => value / under[index]))
}

/** Acknowledged equals present: a fast store that loses rows is not fast. */
export function ensurePresent(what, present, acknowledged) {
  if (present !== acknowledged) {
    throw new Error(`${what}: ${acknowledged} acknowledged, ${present} present`)
  }
}

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}
