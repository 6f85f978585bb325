import { expect, test } from 'vitest'
import { duration, importAs, nameAndValue, wholeNumber } from './parse.ts'

test('values that read as numbers are numbers, everything else is text', () => {
  const values = ['a=1', 'b=-1.5', 'c=007', 'd=null', 'e=', 'f=x=y', ':g=1e3'].reduce(
    (before, text) => nameAndValue(text, before),
    {},
  )
  expect(values).toEqual({ a: 1, b: -1.5, c: '007', d: null, e: '', f: 'x=y', g: '1e3' })
})

test('what is no whole number, no pair and no kind is refused', () => {
  for (const text of ['', '-1', '1.5', '1e3', 'x', '99999999999999999999']) {
    expect(() => wholeNumber(text), text).toThrow('whole number')
  }
  for (const text of ['', '30', 'd', '-1d', '1.5d', '1w', '1d2h']) {
    expect(() => duration(text), text).toThrow('30d')
  }
  expect(['10s', '90m', '12h', '30d'].map(duration)).toEqual([1e4, 54e5, 432e5, 2592e6])
  expect(() => nameAndValue('nothing')).toThrow('name=value')
  expect(() => importAs('a.json=table')).toThrow('file=events')
})

test('a file may have an equals sign in its name', () => {
  expect(importAs('a=b.json=collection:x:key=id')).toEqual({ 'a=b.json': 'collection:x:key=id' })
})
