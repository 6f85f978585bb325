/**
 * Who may ask: only pages of this server, in a browser that was logged in, or a program with the
 * token. Dashboards on localhost are an attack class of their own: any page the user visits can
 * send requests there, and a name that resolves to 127.0.0.1 makes it the same origin.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'

/** The cookie that stands for the token in a browser. */
export const COOKIE = 'holdfast'

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
}

/** Refuses other names for this host (DNS rebinding): 421. */
export function onlyThisHost(port: () => number): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header('host') ?? ''
    const names = ['127.0.0.1', '[::1]', 'localhost'].map((name) => `${name}:${port()}`)
    if (!names.includes(host)) return context.text('This server answers only to localhost.\n', 421)
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value)
    return next()
  }
}

/** Refuses requests that another origin's page has set off, and everything but reading: 403, 405. */
export function onlySameOrigin(): MiddlewareHandler {
  return async (context, next) => {
    if (!['GET', 'HEAD'].includes(context.req.method)) return context.text('Read only.\n', 405)
    const site = context.req.header('sec-fetch-site')
    const origin = context.req.header('origin')
    const isForeign =
      (site !== undefined && site !== 'same-origin' && site !== 'none') ||
      (origin !== undefined && origin !== `http://${context.req.header('host')}`)
    return isForeign ? context.text('Another origin may not read this.\n', 403) : next()
  }
}

/** Refuses requests without the token, as a cookie or as a bearer: 401. */
export function onlyWithToken(token: string): MiddlewareHandler {
  return async (context, next) => {
    if (isEqual(token, presented(context))) return next()
    return context.text('Open the address that `holdfast serve` printed.\n', 401)
  }
}

function presented(context: Context): string {
  const bearer = /^Bearer (\S+)$/.exec(context.req.header('authorization') ?? '')?.[1]
  return bearer ?? getCookie(context, COOKIE) ?? ''
}

/** Compares without telling by its time how much was right. */
export function isEqual(secret: string, given: string): boolean {
  const [left, right] = [Buffer.from(secret), Buffer.from(given)]
  return left.length === right.length && timingSafeEqual(left, right)
}
