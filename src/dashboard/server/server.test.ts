import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { collection, openStore } from '../../index.ts'
import { type Dashboard, serveDashboard } from './server.ts'

type Task = { id: string; title: string }
const modules = { tasks: collection<Task>() }

let folder: string
let path: string
let dashboard: Dashboard

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-dashboard-'))
  path = join(folder, 'state.db')
  openStore(path, modules).close()
  dashboard = await serveDashboard({ store: path, modules, port: 0 })
})

afterEach(async () => {
  await dashboard.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Sends exactly these headers, which fetch would not. */
function ask(route: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const sent = request(`${dashboard.url}${route}`, { method, headers }, (response) => {
        let body = ''
        response.on('data', (chunk) => {
          body += chunk
        })
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
        })
      })
      sent.on('error', reject)
      sent.end()
    },
  )
}

const bearer = () => ({ authorization: `Bearer ${dashboard.token}` })

describe('who may read', () => {
  test('nobody without the token, whatever the route', async () => {
    for (const route of [
      '/',
      '/client.js',
      '/style.css',
      '/api/status',
      '/api/events',
      '/api/panels',
    ]) {
      expect((await ask(route)).status).toBe(401)
      expect((await ask(route, { authorization: 'Bearer wrong' })).status).toBe(401)
    }
  })

  test('a program with the token, from a file that only the owner can read', async () => {
    const { status, body } = await ask('/api/status', bearer())
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({ path, attached: true })
    expect(readFileSync(`${path}-token`, 'utf8')).toBe(dashboard.token)
    expect(statSync(`${path}-token`).mode & 0o777).toBe(0o600)
  })

  test('a browser that was logged in, by an address that is good once', async () => {
    const route = dashboard.loginUrl.slice(dashboard.url.length)
    const login = await ask(route)
    expect(login.status).toBe(302)
    const [cookie] = login.headers['set-cookie'] as string[]
    expect(cookie).toMatch(/HttpOnly/)
    expect(cookie).toMatch(/SameSite=Strict/)
    const [pair] = String(cookie).split(';')
    expect((await ask('/', { cookie: String(pair) })).status).toBe(200)
    expect((await ask(route)).status).toBe(401)
  })

  test('only under the names of this host', async () => {
    const { port } = new URL(dashboard.url)
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${Number(port) - 1}`,
    ]) {
      expect((await ask('/api/status', { ...bearer(), host })).status).toBe(421)
    }
    for (const host of [`localhost:${port}`, `[::1]:${port}`]) {
      expect((await ask('/api/status', { ...bearer(), host })).status).toBe(200)
    }
  })

  test('no page of another origin, and none is told that it may', async () => {
    const foreign = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of foreign) {
      for (const route of ['/api/status', '/api/events', '/']) {
        const response = await ask(route, { ...bearer(), ...headers })
        expect(response.status).toBe(403)
        expect(response.headers['access-control-allow-origin']).toBeUndefined()
      }
    }
    expect((await ask('/api/status', { ...bearer(), origin: dashboard.url })).status).toBe(200)
  })

  test('nothing is changed by any method', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      expect((await ask('/api/status', bearer(), method)).status).toBe(405)
    }
  })

  test('the page runs only its own files', async () => {
    const { headers, body } = await ask('/', bearer())
    expect(headers['content-security-policy']).toContain("default-src 'self'")
    expect(body).not.toMatch(/<script(?! type="module" src=")|<style| on\w+=/)
  })
})

describe('the live log', () => {
  async function* lines(headers: Record<string, string> = {}): AsyncGenerator<string> {
    const response = await fetch(`${dashboard.url}/api/events`, {
      headers: { ...bearer(), ...headers },
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (;;) {
      const read = await reader?.read()
      if (!read || read.done) return
      const parts = (rest + read.value).split('\n')
      rest = parts.pop() ?? ''
      yield* parts
    }
  }

  async function first(wanted: RegExp, headers?: Record<string, string>): Promise<string> {
    for await (const line of lines(headers)) if (wanted.test(line)) return line
    throw new Error('the stream ended')
  }

  test('shows what another connection appends', async () => {
    const seen = first(/"title":"new"/)
    const writer = openStore(path, modules)
    writer.tasks.put({ id: 't1', title: 'new' })
    writer.close()
    expect(await seen).toContain('"type":"tasks.item.saved"')
  })

  test('goes on after the event that the browser saw last', async () => {
    const writer = openStore(path, modules)
    const { id } = writer.log
    for (const title of ['one', 'two', 'three']) writer.tasks.put({ id: title, title })
    const headers = { 'last-event-id': `${id}:2` }
    // Panels have titles as well, and come when they are due.
    expect(await first(/^data:.*"sequence".*"title"/, headers)).toContain('"title":"three"')
    writer.close()
  })

  test('tells a browser that followed another log to start over', async () => {
    openStore(path, modules).close()
    expect(await first(/^event:/, { 'last-event-id': 'another-log:7' })).toBe('event: resync')
  })
})

test('a store that is not there is not made by looking at it', async () => {
  const missing = join(folder, 'missing.db')
  await expect(serveDashboard({ store: missing, port: 0 })).rejects.toMatchObject({
    code: 'STORE_MISSING',
  })
  expect(statSync(missing, { throwIfNoEntry: false })).toBeUndefined()
})

test('a port that is taken is named', async () => {
  const { port } = new URL(dashboard.url)
  await expect(serveDashboard({ store: path, port: Number(port) })).rejects.toMatchObject({
    code: 'IO',
  })
})
