import { expect, test } from 'vitest'
import { parseEventLine } from './parse-event.ts'

const HEAD = '{"sequence":1,"stream":"a/\\",\\"data\\":x","version":1,"type":"a.b.c"'

test('data and metadata are the texts that stand there, whatever they hold', () => {
  const data = '{"a":0,"metadata":{"data":[1.0, "}\\\\"]},"data":null , "a":1e5}'
  const metadata = '{"data":{"x":",\\"data\\":"},"metadata":1}'
  const line = `${HEAD},"metadata":${metadata},"data":${data}}`
  expect(parseEventLine(line)).toMatchObject({ metadata, data, stream: 'a/","data":x' })
  expect(parseEventLine(`${HEAD},"data":${data}}`)).toMatchObject({ metadata: null, data })
})

test('a scalar, an empty object and a string with brackets end where they end', () => {
  for (const data of ['1', 'null', '""', '{}', '[]', '"]}{["', '"\\\\"']) {
    expect(parseEventLine(`${HEAD},"data":${data}}`).data).toBe(data)
  }
})

test('a text of several lines stands as a string, a spilled body not at all', () => {
  expect(parseEventLine(`${HEAD},"dataText":"{\\n}"}`).data).toBe('{\n}')
  expect(parseEventLine(`${HEAD},"payloadId":3}`)).toMatchObject({ data: '', payloadId: 3 })
})
