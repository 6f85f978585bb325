/**
 * The pages of modules in the dashboard, as a program reads them.
 *
 * Invariants: what any process commits is pushed; what no commit tells (a process that ended) comes by
 * itself; the text of mail is not shown; modules without panels show their presets.
 */
import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { serveDashboard } from '../../dist/dashboard/index.js'
import { openStore } from '../../dist/index.js'
import { farm } from '../../dist/modules/farm/index.js'
import { holdfast, startHoldfast } from '../support/holdfast.ts'
import { tempFolder } from '../support/temp-folder.ts'

interface View {
  readonly module: string
  readonly name: string
  readonly rows: readonly Record<string, unknown>[]
  readonly error: string | null
}

/** Follows `/api/events`, and gives the panels as they come. */
async function* panelsAt(url: string, token: string): AsyncGenerator<View> {
  const ended = new AbortController()
  onTestFinished(() => ended.abort())
  const headers = { authorization: `Bearer ${token}` }
  const { body } = await fetch(`${url}/api/events`, { headers, signal: ended.signal })
  let rest = ''
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const parts = (rest + text).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const [, data] = /^event: panel\ndata: (.*)$/m.exec(part) ?? []
      if (data !== undefined) yield JSON.parse(data)
    }
  }
}

test('the page of the farm follows what other processes do, and what ends without a word', async () => {
  const root = realpathSync(tempFolder())
  const path = join(root, 'state.db')
  const userStore = join(root, 'user.db')
  openStore(path, { farm }).close()
  const dashboard = await serveDashboard({ store: path, modules: { farm }, userStore, port: 0 })
  onTestFinished(() => dashboard.close())
  const panels = panelsAt(dashboard.url, dashboard.token)
  const next = async (name: string, isIt: (rows: View['rows']) => boolean): Promise<View> => {
    for (;;) {
      const { value } = await panels.next()
      if (value?.error) throw new Error(value.error)
      if (value?.name === name && isIt(value.rows)) return value
    }
  }
  expect((await next('builders', () => true)).rows).toEqual([])

  const agent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  onTestFinished(() => void agent.kill('SIGKILL'))
  const writer = openStore(path, { farm })
  onTestFinished(() => writer.close())
  const here = writer.farm.in(root)
  here.architects.put({ id: 'main', cmd: 'agent' })
  here.builders.put({ id: 'B001', pid: agent.pid ?? null, port: 4210, status: 'implementing' })
  here.mail.send({ to: 'B001', body: 'the secret plan' })
  const { rows } = await next('builders', (found) => found[0]?.['mail'] === 1)
  expect(rows).toMatchObject([
    { id: 'B001', process: 'alive', status: 'implementing', port: 4210, workspace: root },
  ])
  agent.kill('SIGKILL')
  const stale = await next('stale', (found) => found.length > 0)
  expect(stale.rows).toMatchObject([{ kind: 'farm-stale', what: expect.stringContaining('B001') }])

  const headers = { authorization: `Bearer ${dashboard.token}` }
  const text = await (await fetch(`${dashboard.url}/api/panels`, { headers })).text()
  expect(text).not.toContain('secret')
  const views = JSON.parse(text) as View[]
  const named = (module: string) =>
    views.filter((view) => view.module === module).map(({ name }) => name)
  expect(named('farm')).toEqual(['architects', 'builders', 'ports', 'mail', 'stale'])
  expect(named('holdfast')).toEqual(['leases', 'presence', 'ports'])
  expect(views.find(({ name }) => name === 'mail')?.rows).toMatchObject([
    { agent: 'B001', held: 1 },
  ])
}, 60_000)

test('the ports of the machine come from the store of the user, also when that is made later', async () => {
  const root = realpathSync(tempFolder())
  const [path, userStore] = [join(root, 'state.db'), join(root, 'user.db')]
  openStore(path).close()
  const dashboard = await serveDashboard({ store: path, userStore, port: 0 })
  onTestFinished(() => dashboard.close())
  const panels = panelsAt(dashboard.url, dashboard.token)
  const portsOf = async (isIt: (rows: View['rows']) => boolean): Promise<View['rows']> => {
    for (;;) {
      const { value } = await panels.next()
      if (value?.name === 'ports' && isIt(value.rows)) return value.rows
    }
  }
  expect(await portsOf(() => true)).toEqual([])
  const user = openStore(userStore)
  onTestFinished(() => user.close())
  user.ports.allocate(root)
  expect(await portsOf((rows) => rows.length > 0)).toMatchObject([
    { ports: '4200-4299', state: 'active', process: 'alive', key: root },
  ])
}, 60_000)

test('a module without panels shows its presets', async () => {
  const root = realpathSync(tempFolder())
  const path = join(root, 'state.db')
  const env = { HOLDFAST_USER_STORE: join(root, 'user.db') }
  const { pipeline } = await import('../../dist/modules/pipeline/index.js')
  openStore(path, { pipeline }).close()
  const presets = JSON.parse(
    holdfast(['query', '--presets', '--json', '--store', path], { env }).stdout,
  )
  const served = startHoldfast(['serve', '--port', '0', '--json', '--store', path])
  const { url, loginUrl } = JSON.parse(await served.nextLine())
  const login = await fetch(loginUrl, { redirect: 'manual' })
  const [cookie = ''] = login.headers.getSetCookie()
  const response = await fetch(`${url}/api/panels`, {
    headers: { cookie: cookie.split(';')[0] ?? '' },
  })
  const views = (await response.json()) as View[]
  const shown = views.filter(({ module }) => module === 'pipeline')
  expect(shown.length).toBeGreaterThan(0)
  expect(shown.map(({ error }) => error)).toEqual(shown.map(() => null))
  const names = presets.map(({ name }: { name: string }) => name)
  expect(names).toEqual(expect.arrayContaining(shown.map(({ name }) => name)))
  expect(await served.interrupt()).toBe(0)
}, 60_000)
