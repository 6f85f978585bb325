import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { testConnection } from '../../../test/support/test-connection.ts'
import type { Connection } from '../connection/connection.ts'
import { KERNEL_MIGRATIONS } from '../migrations/kernel-schema.ts'
import { LEDGER_TABLES } from '../migrations/ledger.ts'
import { dropUnreferencedPayloads, putPayload, readPack, readPayload } from './payloads.ts'

function store(): Connection {
  const connection = testConnection()
  connection.exec(LEDGER_TABLES)
  for (const { sql } of KERNEL_MIGRATIONS) connection.exec(sql)
  return connection
}

const TEXT = Buffer.from('the same words again and again. '.repeat(1_000))

test.each([
  ['text, which is packed', TEXT, 'deflate'],
  ['noise, which is not', randomBytes(20_000), 'plain'],
  ['nothing at all', Buffer.alloc(0), 'plain'],
])('%s comes back as it was put', (_, body, encoding) => {
  const connection = store()
  const id = putPayload(connection, body)
  expect(Buffer.from(readPayload(connection, id)).equals(body)).toBe(true)
  expect(connection.get('SELECT encoding FROM payloads')).toEqual({ encoding })
})

test('the same bytes are kept once', () => {
  const connection = store()
  const ids = [putPayload(connection, TEXT), putPayload(connection, Buffer.from(TEXT))]
  expect(ids[1]).toBe(ids[0])
  expect(putPayload(connection, randomBytes(10))).not.toBe(ids[0])
})

test.each([
  ['missing', 'DELETE FROM payloads'],
  ['of another hash', `UPDATE payloads SET hash = randomblob(32)`],
  ['of another size', 'UPDATE payloads SET size_bytes = size_bytes + 1'],
  ['not packed as it says', `UPDATE payloads SET body = x'ffff'`],
])('a payload that is %s is damage, and said to be', (_, fault) => {
  const connection = store()
  const id = putPayload(connection, TEXT)
  connection.exec(fault)
  expect(() => readPayload(connection, id)).toThrow(
    expect.objectContaining({ code: 'STORE_CORRUPT' }),
  )
})

test('the pack that was read last is remembered, and not taken for another with its number', () => {
  const connection = store()
  const id = putPayload(connection, TEXT)
  const first = readPack(connection, id)
  expect(readPack(connection, id)).toBe(first)
  expect(dropUnreferencedPayloads(connection, [id])).toBe(1)
  expect(() => readPack(connection, id)).toThrow('is missing')
  const other = randomBytes(100)
  expect(putPayload(connection, other)).toBe(id)
  expect(readPack(connection, id).equals(other)).toBe(true)
})

test('only those that nothing refers to are dropped', () => {
  const connection = store()
  const [base, free] = [putPayload(connection, TEXT), putPayload(connection, randomBytes(10))]
  connection.run(
    'INSERT INTO modules (name, version, base_id, updated_at_ms) VALUES (?, 1, ?, 0)',
    ['notes', base],
  )
  expect(dropUnreferencedPayloads(connection, [base, free])).toBe(1)
  expect(() => readPayload(connection, free)).toThrow('is missing')
  expect(readPayload(connection, base).length).toBe(TEXT.length)
})
