import { expect, test } from 'vitest'
import { sourceFiles } from './source-files.ts'

// A file does one thing that its name says. Where one outgrows this, it began a second thing.
const LINES_AT_MOST = 300
const MEDIAN_AT_MOST = 90

test(`no source file has more than ${LINES_AT_MOST} lines`, () => {
  const long = sourceFiles().filter(({ lines }) => lines > LINES_AT_MOST)
  expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([])
})

test(`half of the source files have at most ${MEDIAN_AT_MOST} lines`, () => {
  const files = sourceFiles().sort((a, b) => a.lines - b.lines)
  const median = files[Math.floor(files.length / 2)]
  expect(median?.lines, `the median file is ${median?.path}`).toBeLessThanOrEqual(MEDIAN_AT_MOST)
})
