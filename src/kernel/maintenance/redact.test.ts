import { describe, expect, test } from 'vitest'
import { isSecretName, REDACTED, redactText, redactValue } from './redact.ts'

// Put together here, so that no tool takes this file for one that leaks.
const body = (length: number) => 'a1B2c3D4e5F6g7H8'.repeat(20).slice(0, length)
const SHAPES: readonly (readonly [what: string, secret: string])[] = [
  ['a GitHub token', `ghp_${body(36)}`],
  ['a fine-grained GitHub token', `github_pat_${body(60)}`],
  ['a GitLab token', `glpat-${body(20)}`],
  ['a Slack token', `xoxb-${body(40)}`],
  ['a model service’s key', `sk-ant-${body(40)}`],
  ['a payment service’s key', `sk_live_${body(24)}`],
  ['an AWS key id', `AKIA${body(16).toUpperCase()}`],
  ['a Google key', `AIza${body(35)}`],
  ['an npm token', `npm_${body(36)}`],
  ['a JSON web token', `eyJ${body(20)}.eyJ${body(40)}.${body(43)}`],
  ['a private key', `-----BEGIN RSA PRIVATE KEY-----\n${body(64)}\n-----END RSA PRIVATE KEY-----`],
]
const SURROUNDINGS: readonly ((secret: string) => string)[] = [
  (secret) => secret,
  (secret) => `the answer was ${secret}, and then`,
  (secret) => JSON.stringify({ message: `used ${secret}` }),
  (secret) => JSON.stringify({ text: JSON.stringify({ inner: [secret] }) }),
  (secret) => `curl -H "X-Header: ${secret}" https://example.test`,
]

describe('a secret is known by its shape', () => {
  test.each(SHAPES)('%s', (_, secret) => {
    for (const around of SURROUNDINGS) {
      const redacted = redactText(around(secret))
      expect(redacted).toContain(REDACTED)
      expect(redacted).not.toContain(body(12))
    }
  })
})

describe('a secret is known by its name', () => {
  test.each([
    'token',
    'accessToken',
    'GITHUB_TOKEN',
    'password',
    'db_passwd',
    'clientSecret',
    'api_key',
    'apiKey',
    'x-api-key',
    'Authorization',
    'privateKey',
  ])('%s', (name) => {
    expect(isSecretName(name)).toBe(true)
    const json = { a: { [name]: 'hun"ter 2' }, b: [1] }
    const clean = { a: { [name]: REDACTED }, b: [1] }
    expect(redactValue(json)).toEqual(clean)
    expect(JSON.parse(redactText(JSON.stringify(json)))).toEqual(clean)
    const within = JSON.parse(redactText(JSON.stringify({ log: JSON.stringify(json) })))
    expect(JSON.parse(within.log)).toEqual(clean)
    expect(redactText(`export ${name}=hunter2; next`)).toBe(`export ${name}=${REDACTED}; next`)
  })
})

test('credentials in addresses and headers go, and what stands around them stays', () => {
  const address = 'cannot reach postgres://app:hunter2@db.test:5432/x?sslmode=on'
  expect(redactText(address)).toBe(
    `cannot reach postgres://app:${REDACTED}@db.test:5432/x?sslmode=on`,
  )
  expect(redactText(`Authorization: Bearer ${body(20)}`)).toBe(`Authorization: Bearer ${REDACTED}`)
  expect(redactText('password: hunter2')).toBe(`password: ${REDACTED}`)
})

test.each([
  '{"input_tokens":1200,"max_tokens":5,"tokens":"many","token":""}',
  'function login(password: string, token: Token): Promise<Secret>',
  'the token is read by the tokenizer; a secret: nothing is lost',
  'see https://example.test:4680/a:b@c and mail to a@example.test',
  '{"fencingToken":7,"key":"t1","publicKey":"x","keys":["a"]}',
  'const key = keyOf(row) // sk-learn, task-force, AIza, eyJhbGci',
  'Basic authentication and bearer shares are explained elsewhere',
])('ordinary text stays as it is: %s', (text) => {
  expect(redactText(text)).toBe(text)
})

test('names that stand for the prototype, numbers and bytes survive', () => {
  const value = JSON.parse('{"__proto__":{"token":"x"},"n":1,"list":[null,true]}')
  expect(JSON.stringify(redactValue(value))).toBe(
    `{"__proto__":{"token":"${REDACTED}"},"n":1,"list":[null,true]}`,
  )
  expect(redactValue(new Uint8Array([1]))).toEqual(new Uint8Array([1]))
})
