/**
 * The settings of a connection, each set and read back: drivers differ in every default, and
 * a setting that silently did not take changes durability by a factor that nobody sees.
 */
import { type Kind, oneOf } from '../arguments.ts'
import type { Driver } from '../driver/driver.ts'
import { StoreError } from '../errors.ts'

/** Marks a file as a Holdfast store: "Hold". */
export const APPLICATION_ID = 0x486f_6c64

/** WAL bytes after which a checkpoint is forced. */
export const MAX_WAL_BYTES: number = 64 * 1024 * 1024

const CACHE_KIB = 16_000
// SQLite's own checkpoints never reset a WAL that several processes write in turn, and from the
// thousandth page on each commit tries again in vain: see checkpointer.ts.
const AUTO_CHECKPOINT_PAGES = 0

/** When a commit is safe: `normal` against a killed process, `full` against power failure too. */
export type Durability = 'normal' | 'full'

/** The words for {@link Durability}. */
export const DURABILITY: Kind = oneOf('normal', 'full')

/** Whether `durability` promises more than `other`. */
export function isStronger(durability: Durability, other: Durability): boolean {
  return durability === 'full' && other === 'normal'
}

const SETTINGS: readonly (readonly [name: string, value: number])[] = [
  ['foreign_keys', 1],
  ['trusted_schema', 0],
  ['cache_size', -CACHE_KIB],
  ['recursive_triggers', 1],
]

const WRITE_SETTINGS: readonly (readonly [name: string, value: number])[] = [
  // NORMAL; `full` durability is wal-sync.ts.
  ['synchronous', 1],
  ['wal_autocheckpoint', AUTO_CHECKPOINT_PAGES],
  ['journal_size_limit', MAX_WAL_BYTES],
]

/** Sets the pragmas of a connection, and checks that each one took. */
export function applySettings(driver: Driver, isReadOnly: boolean): void {
  const settings = isReadOnly ? SETTINGS : [...SETTINGS, ...WRITE_SETTINGS]
  driver.exec(settings.map(([name, value]) => `PRAGMA ${name} = ${value}`).join(';'))
  for (const [name, value] of settings) {
    const found = readPragma(driver, name)
    if (found !== value) throw settingRefused(name, value, found)
  }
}

/** Makes a fresh file a store's: settings that SQLite takes only before the first table. */
export function formatNewFile(driver: Driver): void {
  driver.exec('PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL')
}

/** Switches to WAL; needs every other connection away for a moment, hence may be BUSY. */
export function enterWalMode(driver: Driver): void {
  const mode = driver.prepare('PRAGMA journal_mode = WAL').values()[0]?.[0]
  if (mode !== 'wal') throw settingRefused('journal_mode', 'wal', mode)
}

/** The integer value of a pragma. */
export function readPragma(driver: Driver, name: string): number {
  return Number(driver.prepare(`PRAGMA ${name}`).values()[0]?.[0])
}

function settingRefused(name: string, wanted: unknown, found: unknown): StoreError {
  return new StoreError(
    'DRIVER_UNSAFE',
    `PRAGMA ${name} is ${found} after being set to ${wanted}`,
    {
      hint: 'this SQLite was built without what Holdfast needs: npm i better-sqlite3@~12.11',
    },
  )
}
