/** The secret of a store's dashboard: 256 random bits in a file that only its owner can read. */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const BYTES = 32

/** Where a store's token is kept. */
export function tokenPath(store: string): string {
  return `${store}-token`
}

/** The store's token, made when there is none yet. */
export function storeToken(store: string): string {
  const path = tokenPath(store)
  try {
    writeFileSync(path, newSecret(), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(path, 'utf8').trim()
}

/** A new secret, safe in an address. */
export function newSecret(): string {
  return randomBytes(BYTES).toString('base64url')
}
