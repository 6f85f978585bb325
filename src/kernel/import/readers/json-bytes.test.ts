import { expect, test } from 'vitest'
import { scanJson } from './json-bytes.ts'

const VALID = [
  '{}',
  '[]',
  ' { "a" : [ 1 , -0.5e+10 , true, false, null, "x\\u00e9\\n\\"" ] , "b":{"c":[{},[]]}}',
  '{"a":0,"b":-0,"c":1E5,"d":1.25e-7,"ü":"☃"}',
  '[[[[]]],{"":""}]',
  '"text"',
  '-12',
  'null',
]
const PIECES = ['{', '}', '[', ']', ',', ':', '"', '\\', 'u', '0', '1', '-', '.', 'e', 't', ' ']

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function isAccepted(text: string): boolean {
  const bytes = Buffer.from(text)
  const { status, end } = scanJson(bytes, 0)
  return status === 'complete' && bytes.toString('utf8', end).trim() === ''
}

test('accepts what JSON.parse accepts, and nothing else, whatever one change makes of it', () => {
  for (const text of VALID) {
    expect(isAccepted(text), text).toBe(true)
    for (let at = 0; at <= text.length; at++) {
      const cut = text.slice(0, at) + text.slice(at + 1)
      expect(isAccepted(cut), cut).toBe(isJson(cut))
      for (const piece of [...PIECES, '\n', '\u0001', '00', '\\u12g4']) {
        const changed = text.slice(0, at) + piece + text.slice(at)
        expect(isAccepted(changed), changed).toBe(isJson(changed))
      }
    }
  }
})

test('hands out the short members asked for, the last of each name', () => {
  const text = `{"at":1,"ts":"first","x":{"ts":"inner"},"time":["no"],"t\\u0073":"last","at":{}} rest`
  expect(scanJson(Buffer.from(text), 0, ['ts', 'time', 'at'])).toEqual({
    status: 'complete',
    end: text.indexOf(' rest'),
    members: { ts: 'last' },
  })
})

test('bounds the depth', () => {
  const deep = (levels: number) => Buffer.from('['.repeat(levels) + ']'.repeat(levels))
  expect(scanJson(deep(1000), 0).status).toBe('complete')
  expect(scanJson(deep(1001), 0).status).toBe('too deep')
})
