/** What stands at the ends of a mirror's lines, and what must not. */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { tempStorePath } from '../../../test/support/temp-folder.ts'
import { collection, openStore } from '../../index.ts'

function open(path: string) {
  const mirror = join(dirname(path), 'events.jsonl')
  const store = openStore(path, { items: collection<{ id: string; text?: string }>() }, { mirror })
  return { store, mirror }
}

test('no line has what some readers take for its end', () => {
  const path = tempStorePath()
  const source = join(dirname(path), 'app.jsonl')
  writeFileSync(source, '{"id":"a",\r"n":1}\n')
  const { store, mirror } = open(path)
  store.items.put({ id: 'a', text: 'x\u2028y\u2029z' })
  store.import([source])
  store.close()
  const text = readFileSync(mirror, 'utf8')
  expect(text).not.toMatch(/[\r\u2028\u2029]/)
  expect(text).toContain('x\\u2028y\\u2029z')
  expect(text).toContain('{"id":"a", "n":1,')
})

test('a file whose line breaks another program has changed is gone on with', () => {
  const path = tempStorePath()
  const put = (id: string) => {
    const { store, mirror } = open(path)
    store.items.put({ id })
    store.close()
    return mirror
  }
  const mirror = put('a')
  writeFileSync(mirror, readFileSync(mirror, 'utf8').replaceAll('\n', '\r\n'))
  put('b')
  const ids = readFileSync(mirror, 'utf8').match(/"id":"."/g)
  expect(ids).toEqual(['"id":"a"', '"id":"b"'])
})
