/** Settles where port blocks lie, and refuses layouts that no machine has. */
import { checkOptions, type Kinds, listOf, NAME, WHOLE } from '../arguments.ts'
import { StoreError } from '../errors.ts'
import type { PortLayout, SettledLayout } from './ports-types.ts'

const DEFAULT_BASE = 4200
const DEFAULT_SIZE = 100
const DEFAULT_LAST = 9999
/** AirPlay listens there on macOS. */
const DEFAULT_RESERVED: readonly number[] = [5000]
const LAST_PORT = 65_535
/** The search for a gap looks back so far for a block that reaches into it. */
export const MAX_BLOCK_SIZE = 1000
const MAX_RESERVED = 1000

const LAYOUT: Kinds = {
  registry: NAME,
  base: WHOLE,
  size: WHOLE,
  count: WHOLE,
  reserved: listOf(WHOLE),
}

/** Fills in what was left out; throws `ARGUMENT_INVALID`. */
export function settleLayout(layout: PortLayout): SettledLayout {
  checkOptions('the layout of port blocks', layout, LAYOUT)
  const { registry = 'default', base = DEFAULT_BASE, size = DEFAULT_SIZE } = layout
  const reserved = layout.reserved ?? DEFAULT_RESERVED
  const count = layout.count ?? Math.floor((DEFAULT_LAST - base + 1) / size)
  const problem =
    (!isWhole(base, 1, LAST_PORT) && `base is ${base}`) ||
    (!isWhole(size, 1, MAX_BLOCK_SIZE) && `size is ${size}`) ||
    (!isWhole(count, 1, LAST_PORT) && `count is ${count}`) ||
    (base + size * count - 1 > LAST_PORT && `the last port is ${base + size * count - 1}`) ||
    (reserved.length > MAX_RESERVED && `${reserved.length} ports are reserved`)
  if (!problem) return { registry, base, size, count, reserved }
  throw new StoreError('ARGUMENT_INVALID', `such port blocks cannot be: ${problem}`, {
    hint: `give base, size (up to ${MAX_BLOCK_SIZE}) and count so that all lies below port ${LAST_PORT}`,
  })
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
