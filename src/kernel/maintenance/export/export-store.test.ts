import { expect, test } from 'vitest'
import { tempStorePath } from '../../../../test/support/temp-folder.ts'
import { testConnection } from '../../../../test/support/test-connection.ts'
import { defineModule, event, openStore } from '../../../index.ts'
import { exportStore } from './export-store.ts'
import { LINES_A_PAGE } from './line-sql.ts'
import { parseEventLine } from './parse-event.ts'

const TYPE = 'notes.note.saved'
const notes = defineModule({
  name: 'notes',
  version: 1,
  events: { [TYPE]: event() },
  migrations: [],
  project: { [TYPE]: () => undefined },
  api: () => undefined,
})

const COUNT = 2 * LINES_A_PAGE + 3

/** A store with some events, all of one kind; `change` is SQL done to the file afterwards. */
function exported(change = ''): string[] {
  const path = tempStorePath()
  {
    using store = openStore(path, { notes })
    store.write((tx) => {
      for (let number = 1; number <= COUNT; number++) {
        const metadata = number % 3 === 0 ? { metadata: { actor: 'Ä "b"' } } : {}
        const occurred = number % 2 === 0 ? { occurredAtMs: number } : {}
        const data = number === 7 ? { long: 'x'.repeat(9000) } : { number }
        const events = [{ type: TYPE, data, ...metadata, ...occurred }]
        tx.append(`notes.note/${number % 5} "ü"`, events)
      }
    })
  }
  if (change !== '') {
    const connection = testConnection({ path })
    connection.write(() => connection.run(change))
  }
  const pieces: Uint8Array[] = []
  expect(exportStore(path, (bytes) => pieces.push(Uint8Array.from(bytes))).events).toBe(
    eventLines(pieces).length,
  )
  return eventLines(pieces)
}

function eventLines(pieces: readonly Uint8Array[]): string[] {
  const lines = Buffer.concat(pieces).toString().split('\n')
  return lines.filter((line) => line.startsWith('{"sequence":'))
}

test('each event is one line, with what it has and nothing that it has not', () => {
  const lines = exported()
  expect(lines).toHaveLength(COUNT)
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    sequence: 1,
    stream: 'notes.note/1 "ü"',
    version: 1,
    type: TYPE,
    schemaVersion: 1,
    recordedAtMs: expect.any(Number),
    checksum: expect.any(Number),
    data: { number: 1 },
  })
  expect(JSON.parse(lines[5] ?? '')).toMatchObject({
    sequence: 6,
    version: 2,
    previous: 1,
    occurredAtMs: 6,
    metadata: { actor: 'Ä "b"' },
  })
  const spilled = JSON.parse(lines[6] ?? '')
  expect(spilled).toMatchObject({ payloadId: 1 })
  expect(spilled).not.toHaveProperty('data')
})

test('a text with a line break changes the lines of no other event', () => {
  const usual = exported()
  const lines = exported(`UPDATE events SET data = '{' || char(10) || '}' WHERE sequence = 9`)
  expect(lines).toHaveLength(COUNT)
  expect(parseEventLine(lines[8] ?? '').data).toBe('{\n}')
  const timeless = (line: string) => line.replace(/"(recordedAtMs|checksum)":\d+/g, '')
  expect(lines.toSpliced(8, 1).map(timeless)).toEqual(usual.toSpliced(8, 1).map(timeless))
})

test('events behind a gap of many pages are found', () => {
  const last = COUNT - 1
  expect(exported(`DELETE FROM events WHERE sequence > 1 AND sequence < ${last}`)).toHaveLength(3)
  expect(exported(`DELETE FROM events WHERE sequence <= ${last}`)).toHaveLength(1)
})
