/** The dashboard's server: one store, read only, on the loopback interface. */
import { type ServerType, serve } from '@hono/node-server'
import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import { type ModuleMap, openStore, QueryPool, StoreError } from '../../index.ts'
import { PAGE } from '../client/page.ts'
import { SCRIPT } from '../client/script.ts'
import { STYLE } from '../client/style.ts'
import { EVERYTHING, WITHOUT_SECRETS } from './disclosure.ts'
import { eventStream } from './event-stream.ts'
import { COOKIE, isEqual, onlySameOrigin, onlyThisHost, onlyWithToken } from './guards.ts'
import { PanelFeed } from './panel-feed.ts'
import { kernelPanels, type ModulePreset, modulePanels, portPanel } from './panel-source.ts'
import { newSecret, storeToken } from './token.ts'

/** Where the dashboard is, unless told otherwise. */
export const DEFAULT_PORT = 4680

const HOST = '127.0.0.1'
const MAX_STREAMS = 64
const COOKIE_SECONDS = 30 * 24 * 3600

/** What is served. */
export interface DashboardOptions {
  /** The store's file. */
  readonly store: string
  /** Modules whose panels are shown, by the keys they are opened under. */
  readonly modules?: ModuleMap
  /** Shown on the pages of modules that define no panels. */
  readonly presets?: readonly ModulePreset[]
  /** The user's store, for the ports of the machine; left out: they are not shown. */
  readonly userStore?: string
  /** 0 takes any free port. Default 4680. */
  readonly port?: number
  /** Shows what is taken for a secret as it is stored. Default: `[redacted]` in its place. */
  readonly isShowingSecrets?: boolean
}

/** A running dashboard. */
export interface Dashboard {
  /** Opens it in a browser: good once, then the browser has a cookie. */
  readonly loginUrl: string
  readonly url: string
  /** For programs: `Authorization: Bearer <token>`. */
  readonly token: string
  close(): Promise<void>
}

/** Serves a store's dashboard until it is closed. Throws `STORE_MISSING` when there is none. */
export async function serveDashboard(options: DashboardOptions): Promise<Dashboard> {
  const store = openStore(options.store, options.modules ?? {}, { mode: 'read' })
  if (!store.attached) {
    throw new StoreError('STORE_MISSING', `there is no store at ${options.store}`, {
      hint: 'import into it first: holdfast import <folder>',
    })
  }
  const modules = options.modules ?? {}
  const user =
    options.userStore === undefined ? undefined : openStore(options.userStore, {}, { mode: 'read' })
  const pool = new QueryPool(options.store)
  const disclose = options.isShowingSecrets ? EVERYTHING : WITHOUT_SECRETS
  const panels = [
    ...modulePanels(store, modules, { presets: options.presets ?? [], pool }),
    ...kernelPanels(store),
    ...(user ? [portPanel(user)] : []),
  ]
  const feed = new PanelFeed(user ? [store, user] : [store], panels, disclose)
  const closeStores = () => {
    pool.close()
    store.close()
    user?.close()
  }
  const token = storeToken(options.store)
  const codes = new Set([newSecret()])
  const [code] = codes
  let port = 0
  let streams = 0
  const app = new Hono()
  app.use(onlyThisHost(() => port))
  app.use(onlySameOrigin())
  app.get('/login', (context) => {
    const given = context.req.query('code') ?? ''
    const known = [...codes].find((candidate) => isEqual(candidate, given))
    if (known === undefined) return context.text('This address was used already.\n', 401)
    codes.delete(known)
    setCookie(context, COOKIE, token, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: COOKIE_SECONDS,
    })
    return context.redirect('/')
  })
  app.use(onlyWithToken(token))
  // Browsers ask for one, and note its absence as an error.
  app.get('/favicon.ico', (context) => context.body(null, 204))
  app.get('/', (context) => context.html(PAGE))
  app.get('/client.js', (context) =>
    context.body(SCRIPT, 200, { 'content-type': 'text/javascript' }),
  )
  app.get('/style.css', (context) => context.body(STYLE, 200, { 'content-type': 'text/css' }))
  app.get('/api/status', (context) => context.json(disclose(store.status())))
  app.get('/api/panels', async (context) => context.json(await feed.read()))
  app.get('/api/events', (context) => {
    if (streams >= MAX_STREAMS) return context.text('Too many are following.\n', 503)
    streams++
    return eventStream(context, { store, feed, disclose, onEnd: () => streams-- })
  })
  const server = await listen(app, options.port ?? DEFAULT_PORT, closeStores)
  port = portOf(server)
  const url = `http://${HOST}:${port}`
  return {
    url,
    loginUrl: `${url}/login?code=${code}`,
    token,
    close: () => close(server, closeStores),
  }
}

function listen(app: Hono, port: number, onFailure: () => void): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: HOST, port }, () => resolve(server))
    server.once('error', (cause: NodeJS.ErrnoException) => {
      onFailure()
      const isTaken = cause.code === 'EADDRINUSE'
      reject(
        new StoreError('IO', `cannot listen on ${HOST}:${port}: ${cause.message}`, {
          hint: isTaken ? 'another program has the port: --port 0 takes a free one' : 'use --port',
          cause,
        }),
      )
    })
  })
}

function portOf(server: ServerType): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

function close(server: ServerType, closeStore: () => void): Promise<void> {
  return new Promise((resolve) => {
    // Ends the followers, and with them the streams that would keep the server open.
    closeStore()
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}
