/** Hand-made sources of every kind of damage, and the real files whose counts are known. */

import { expect, test } from 'vitest'
import type { JsonlItem } from './items.ts'
import { type JsonlOptions, readJsonl } from './jsonl-reader.ts'

const FIXTURES = '../shared/fixtures/shipwright'

function read(source: string | Uint8Array, options: JsonlOptions = {}): JsonlItem[] {
  return [...readJsonl({ chunks: [Buffer.from(source)] }, options)]
}

/** Items in short: a record as its text (`+` if salvaged), a reject as `!reason: raw`. */
function brief(source: string | Uint8Array, options: JsonlOptions = {}): string[] {
  return read(source, options).map((item) => {
    if (item.kind === 'record') return `${item.salvaged ? '+' : ''}${item.text}`
    return item.kind === 'torn' ? `?${item.raw}` : `!${item.reason}: ${item.raw}`
  })
}

function count(path: string): Record<string, number> {
  const counts = { records: 0, salvaged: 0, rejects: 0 }
  for (const item of readJsonl({ path: `${FIXTURES}/${path}` })) {
    if (item.kind !== 'record') counts.rejects += 1
    else if (item.salvaged) counts.salvaged += 1
    else counts.records += 1
  }
  return counts
}

test('finds every event of two real logs with records broken over several lines', () => {
  expect(count('ci-branch/events-ci-241lines.jsonl')).toEqual({
    records: 150,
    salvaged: 15,
    rejects: 1,
  })
  expect(count('ci-branch/events-ci-74lines.jsonl')).toEqual({
    records: 55,
    salvaged: 3,
    rejects: 1,
  })
})

test('reads pretty-printed objects that follow each other', () => {
  expect(count('as-produced/durable/dlq/deadletters.jsonl')).toEqual({
    records: 0,
    salvaged: 1,
    rejects: 0,
  })
  expect(brief('{\n  "a": 1,\n  "b": [\n    {"c": 2}\n  ]\n}\n{\n  "a": 3\n}\n')).toEqual([
    '+{"a": 1,"b": [{"c": 2}]}',
    '+{"a": 3}',
  ])
})

test('gives the slice of the source as the text, digits that a double cannot hold included', () => {
  expect(brief('{"n": 12345678901234567890, "m":1.00}\n')).toEqual([
    '{"n": 12345678901234567890, "m":1.00}',
  ])
})

test('tells the exact place of each item, in ASCII and beyond', () => {
  const items = read('{"a":"é"}\n\n[1]\r\n{"a":"ü"}{"b":2}\n')
  expect(items.map(({ line, offset, endOffset }) => [line, offset, endOffset])).toEqual([
    [1, 0, 10],
    [3, 12, 15],
    [4, 17, 27],
    [4, 27, 34],
  ])
})

test('takes a byte order mark, CRLF and blank lines for what they are', () => {
  expect(brief('\ufeff{"a":1}\r\n\r\n  {"b":2}  \r\n')).toEqual(['{"a":1}', '{"b":2}'])
  expect(brief('{"a":1}\n\ufeff{"b":2}\n')).toEqual(['{"a":1}', '{"b":2}'])
})

test('reads UTF-16 of both byte orders, with offsets in bytes', () => {
  const little = Buffer.from('\ufeff{"a":"é"}\n{"b":2}\n', 'utf16le')
  const big = Buffer.from(little).swap16()
  for (const bytes of [little, big]) {
    expect(brief(bytes)).toEqual(['{"a":"é"}', '{"b":2}'])
    expect(read(bytes).map((item) => item.offset)).toEqual([2, 22])
  }
})

test('splits records that stand on one line', () => {
  expect(brief('{"a":1}{"b":2} {"c":3}\n')).toEqual(['+{"a":1}', '+{"b":2}', '+{"c":3}'])
})

test('reads the lines of an array, leaving its brackets as rejects', () => {
  expect(brief('[\n{"a":1},\n{"b":2}\n]\n')).toEqual([
    '!not JSON: [',
    '+{"a":1}',
    '{"b":2}',
    '!not JSON: ]',
  ])
})

test('never gives up a record for a broken one before it', () => {
  expect(brief('{"a":"torn\n{"b":2}\n{"c":3}\n')).toEqual([
    '!torn: {"a":"torn',
    '{"b":2}',
    '{"c":3}',
  ])
  expect(brief('{"a":[\n{"b":2}\n{"c":3}\n')).toEqual(['!torn: {"a":[', '{"b":2}', '{"c":3}'])
  expect(brief('{"a":[1,\n{"b":2}\n')).toEqual(['!torn: {"a":[1,', '{"b":2}'])
})

test('finds a record directly behind a torn one on the same line', () => {
  expect(brief('{"ts":"2026-02-1{"ts":"2026"}\n')).toEqual([
    '!not JSON: {"ts":"2026-02-1',
    '+{"ts":"2026"}',
  ])
})

test('does not take the inner objects of half a record for records', () => {
  expect(brief('"data":{"a":1}\n')).toEqual(['!not JSON: "data":{"a":1}'])
  expect(brief('  "list": [{"a":1},{"b":2}]}\n')).toEqual(['!not JSON: "list": [{"a":1},{"b":2}]}'])
})

test('parts the zeros that a crash left behind from the record behind them', () => {
  expect(brief('{"a":1}\n\0\0\0\0{"b":2}\n')).toEqual([
    '{"a":1}',
    '!NUL bytes: \0\0\0\0',
    '+{"b":2}',
  ])
})

test('mends control characters, escapes, commas and numbers that JSON does not have', () => {
  expect(brief('{"a":"x\0y\tz","p":"C:\\Users","n":NaN,"i":[-Infinity,1,],}\n')).toEqual([
    '+{"a":"x\\u0000y\\u0009z","p":"C:\\\\Users","n":null,"i":[null,1]}',
  ])
})

test('keeps the escapes of lone surrogates and NUL in the text', () => {
  expect(brief('{"a":"\\ud800","b":"\\u0000"}\n')).toEqual(['{"a":"\\ud800","b":"\\u0000"}'])
})

test('escapes a lone surrogate of UTF-16', () => {
  expect(brief(Buffer.from('\ufeff{"a":"\ud800"}\n', 'utf16le'))).toEqual(['+{"a":"\\ud800"}'])
})

test('keeps the bytes of what is not UTF-8', () => {
  const bytes = Buffer.concat([Buffer.from('{"a":"caf'), Buffer.from([0xe9]), Buffer.from('"}\n')])
  const [record] = read(bytes)
  expect(record).toMatchObject({ kind: 'record', text: '{"a":"caf\ufffd"}', salvaged: true })
  expect(record).toMatchObject({ rawBase64: bytes.subarray(0, -1).toString('base64') })
  const [reject] = read(Buffer.from([0xff, 0x31, 0x0a]))
  expect(reject).toMatchObject({ kind: 'reject', reason: 'not UTF-8', rawBase64: '/zE=' })
})

test('rejects a torn end once, or leaves it to be read again when the source grows', () => {
  const source = '{"a":1}\n{"b":'
  expect(brief(source)).toEqual(['{"a":1}', '!torn: {"b":'])
  expect(read(source, { growing: true }).at(-1)).toMatchObject({
    kind: 'torn',
    offset: 8,
    raw: '{"b":',
  })
  expect(brief('{"a":1}\n{"b":2}', { growing: true })).toEqual(['{"a":1}', '{"b":2}'])
  expect(brief('{"a":"x\n', { growing: true })).toEqual(['?{"a":"x'])
  expect(brief('{"a":1}\n{"b":"\\', { growing: true })).toEqual(['{"a":1}', '?{"b":"\\'])
})

test('does not take the inner objects of a broken pretty-printed record for records', () => {
  const source = '{\n  "list": [\n    {"a": 1},\n    {"b": oops}\n  ]\n}\n{"c":3}\n'
  expect(brief(source).filter((it) => !it.startsWith('!'))).toEqual(['{"c":3}'])
})

test('joins a string broken by CRLF with plain line breaks', () => {
  expect(brief('{"a":"x\r\ny"}\r\n')).toEqual(['+{"a":"x\\ny"}'])
})

test('goes on in a file where an earlier reading ended', () => {
  const path = `${FIXTURES}/ci-branch/events-ci-74lines.jsonl`
  const items = [...readJsonl({ path })]
  for (const [at, item] of items.entries()) {
    const rest = readJsonl({ path }, { offset: item.endOffset, line: item.endLine })
    expect([...rest]).toEqual(items.slice(at + 1))
  }
})

test('joins a list whose elements look like records, but not torn records that nest', () => {
  const list = ['{"list":[', ...Array<string>(500).fill('{"a":1},'), '{}]}', '']
  expect(read(list.join('\n'))).toMatchObject([{ kind: 'record', endLine: 502 }])
  const torn = '{"a":[\n'.repeat(40) + '1'.concat(']}'.repeat(40), '\n')
  expect(read(torn)[0]).toMatchObject({ kind: 'reject', reason: 'torn', endLine: 1 })
})

test('counts no brackets within strings as depth', () => {
  const text = `{"a":"${'[{'.repeat(2000)}"}`
  expect(brief(`${text}\n`)).toEqual([text])
})

test('goes on at the offset and line given', () => {
  const [item] = read('{"b":2}\n', { offset: 100, line: 7 })
  expect(item).toMatchObject({ line: 7, offset: 100, endOffset: 107 })
})

test('keeps the first of a repeated key and renames the later ones', () => {
  const source = '{"type":"a","x":{"type":1},"type":"b","type#2":0,"type":"c"}\n'
  const [item] = read(source, { firstKeyWins: ['type'] })
  expect(item).toMatchObject({
    text: '{"type":"a","x":{"type":1},"type#3":"b","type#2":0,"type#4":"c"}',
    value: { type: 'a', 'type#2': 0, 'type#3': 'b', 'type#4': 'c' },
    salvaged: false,
    repairs: ['duplicate-key'],
    raw: source.trim(),
  })
})

test('rejects what is nested deeper than SQLite reads', () => {
  const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  expect(
    read(`${deep}\n${'['.repeat(100_000)}\n{"a":${'['.repeat(100_000)}\n{"b":1}\n`),
  ).toMatchObject([
    { kind: 'reject', reason: 'nested too deeply', raw: deep },
    { kind: 'reject', reason: 'not JSON' },
    { kind: 'reject', reason: 'nested too deeply' },
    { kind: 'record', line: 4 },
  ])
})

test('passes over a line beyond the limit, and goes on behind it', () => {
  const long = `{"a":"${'x'.repeat(3_000_000)}"}`
  expect(read(`{"a":1}\n${long}\n{"b":2}\n`, { maxRecordBytes: 1000 })).toMatchObject([
    { kind: 'record', endOffset: 7 },
    { kind: 'reject', reason: 'too long', line: 2, offset: 8, endOffset: 8 + long.length },
    { kind: 'record', line: 3, offset: 9 + long.length },
  ])
})

test('builds no value of a long line where that is asked for', () => {
  const long = `{"ts":"2026-01-01","list":[${'{},'.repeat(2_000_000)}{}]}`
  const small = '{"b":2}'
  const source = `${small}\r\n${long}\r\n${small} ${long},${small}\n${small}${long.slice(0, -1)}`
  const items: object[] = []
  // One by one: the bytes are there until the next item is taken.
  const options = { longLines: ['ts'], growing: true }
  for (const item of readJsonl({ chunks: [Buffer.from(source)] }, options)) {
    const text = item.kind === 'record' ? item.text : item.rawBytes?.toString()
    items.push({ ...item, raw: undefined, text, isLong: text === long })
  }
  const second = 11 + long.length
  const third = second + 8
  const fourth = third + long.length + 1
  expect(items).toMatchObject([
    { kind: 'record', line: 1, offset: 0, salvaged: false },
    {
      kind: 'reject',
      reason: 'too long',
      isLong: true,
      line: 2,
      offset: 9,
      endOffset: 9 + long.length,
    },
    { kind: 'record', line: 3, offset: second, repairs: ['split-line'] },
    {
      kind: 'reject',
      isLong: true,
      line: 3,
      offset: third,
      endOffset: fourth,
      members: { ts: '2026-01-01' },
    },
    { kind: 'record', line: 3, offset: fourth, text: small },
    { kind: 'record', line: 4, offset: fourth + 8, text: small },
    { kind: 'torn', line: 4, offset: fourth + 15, text: long.slice(0, -1) },
  ])
})

test('keeps the bytes of a long line that is not JSON, from the mistake on', () => {
  const rest = `{"a":[${'1,'.repeat(3_000_000)}x]} {"b":3}`
  const bad = Buffer.alloc(5_000_000, 0xff)
  const source = Buffer.concat([Buffer.from(`{"a":1}${rest}\n`), bad, Buffer.from('\n{"c":1}\n')])
  const items = read(source, { longLines: [] })
  expect(items).toMatchObject([
    { kind: 'record', text: '{"a":1}' },
    { kind: 'reject', reason: 'not JSON', offset: 7, endOffset: 7 + rest.length },
    { kind: 'reject', reason: 'not UTF-8', line: 2 },
    { kind: 'record', line: 3, text: '{"c":1}' },
  ])
})

test('a __proto__ key stays a plain key', () => {
  const [item] = read('{"__proto__":{"polluted":true},"__proto__":{"polluted":2}}\n', {
    firstKeyWins: ['__proto__'],
  })
  expect(item?.kind === 'record' && Object.keys(item.value)).toEqual(['__proto__', '__proto__#2'])
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
})

test('reads the same however the bytes are cut into chunks', () => {
  const bytes = Buffer.from('\ufeff{"a":"é"}\r\n{"b":"x\ny"}\n{"c":1}{"d":2}\n[]\n{"e":')
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte))
  expect([...readJsonl({ chunks: single })]).toEqual(read(bytes))
})

test('says which file is missing', () => {
  expect(() => [...readJsonl({ path: 'nowhere.jsonl' })]).toThrow("cannot read 'nowhere.jsonl'")
})
