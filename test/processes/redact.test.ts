/**
 * What leaves a store.
 *
 * Invariants: with --redact no secret is in anything that is printed or written as plain files; the
 * store keeps what was put, and without --redact so does what leaves it, but for the dashboard, which
 * shows a secret only with --no-redact; no error tells a secret.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { collection, defineModule, document, event, openStore } from '../../dist/index.js'
import { holdfast, startHoldfast } from '../support/holdfast.ts'
import { tempFolder, tempStorePath } from '../support/temp-folder.ts'

// Put together, so that no tool takes this file for one that leaks.
const SECRETS = ['hunter2hunter2', `ghp_${'a1B2c3D4'.repeat(5)}`, 'correct-horse'] as const
const [password, token, inAddress] = SECRETS
const NAME = 'notes.note.saved'

function storeWithSecrets(): string {
  const path = tempStorePath()
  using store = openStore(path, {
    tasks: collection<{ id: string; password?: string; note?: string }>(),
    settings: document<{ remote: string }>({ remote: '' }),
    notes: defineModule({
      name: 'notes',
      version: 1,
      events: { [NAME]: event<{ text: string }>() },
      migrations: [],
      project: { [NAME]: () => undefined },
      api: () => undefined,
    }),
  })
  store.tasks.put({ id: 't1', password, note: `pushed with ${token}` })
  store.settings.put({ remote: `https://me:${inAddress}@example.test/x.git` })
  store.log.append('notes.note/n', { type: NAME, data: { text: JSON.stringify({ password }) } })
  store.log.append('notes.note/n', {
    type: NAME,
    data: { text: `${token} ${'long '.repeat(2000)}` },
  })
  return path
}

const found = (text: string) => SECRETS.filter((secret) => text.includes(secret))

test.each([
  [['tail']],
  [['tail', '--json']],
  [['query', 'SELECT * FROM tasks']],
  [['query', "SELECT data ->> 'password' AS password, data FROM tasks", '--csv']],
  [['query', 'SELECT data FROM events', '--json']],
  [['query', 'SELECT data FROM events', '--jsonl']],
])('holdfast %j shows secrets unless asked not to', (args) => {
  const store = ['--store', storeWithSecrets()]
  expect(found(holdfast([...args, ...store]).stdout)).not.toEqual([])
  const redacted = holdfast([...args, ...store, '--redact'])
  expect(redacted).toMatchObject({ code: 0 })
  expect(redacted.stdout).toContain('[redacted]')
  expect(found(redacted.stdout)).toEqual([])
})

test('plain files have secrets or none; the lines that make a store again always have them', () => {
  const store = ['--store', storeWithSecrets()]
  const written = (...more: string[]) => {
    const folder = join(tempFolder(), 'out')
    expect(holdfast(['export', '--json', folder, ...store, ...more])).toMatchObject({
      code: 0,
    })
    return readdirSync(folder).map(
      (name) => [name, readFileSync(join(folder, name), 'utf8')] as const,
    )
  }
  const textOf = (files: ReturnType<typeof written>) => files.map(([, text]) => text).join('')
  expect(found(textOf(written()))).toEqual(SECRETS)
  const files = written('--redact')
  expect(found(textOf(files))).toEqual([])
  for (const [name, text] of files) {
    for (const line of name.endsWith('.jsonl') ? text.trim().split('\n') : [text]) JSON.parse(line)
  }
  expect(found(holdfast(['export', ...store]).stdout)).not.toEqual([])
  expect(holdfast(['export', ...store, '--redact'])).toMatchObject({ code: 2, stdout: '' })
})

test('an error says what failed without the secret in it', () => {
  const store = ['--store', storeWithSecrets()]
  for (const table of [`nowhere_${token}`, `"nowhere://me:${inAddress}@example.test/x"`]) {
    const { code, stderr } = holdfast(['query', `SELECT 1 FROM ${table}`, ...store])
    expect(code).toBe(1)
    expect(stderr).toContain('nowhere')
    expect(found(stderr)).toEqual([])
  }
})

test('the dashboard shows no secret unless it was started so', async () => {
  const store = ['--store', storeWithSecrets()]
  const shown = async (...more: string[]): Promise<string> => {
    const served = startHoldfast(['serve', '--port', '0', '--json', ...store, ...more])
    const { url, loginUrl } = JSON.parse(await served.nextLine())
    const login = await fetch(loginUrl, { redirect: 'manual' })
    const headers = { cookie: login.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
    const ended = new AbortController()
    const { body } = await fetch(`${url}/api/events`, { headers, signal: ended.signal })
    let text = ''
    for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part
      // The last of the four events that the store has.
      if (/"sequence":4,[\s\S]*\n\n/.test(text)) break
    }
    ended.abort()
    for (const route of ['/api/status', '/api/panels']) {
      text += await (await fetch(`${url}${route}`, { headers })).text()
    }
    expect(await served.interrupt()).toBe(0)
    return text
  }
  expect(found(await shown('--no-redact'))).toEqual(SECRETS)
  const text = await shown()
  expect(text).toContain('[redacted]')
  expect(found(text)).toEqual([])
}, 60_000)
