/**
 * Whether ports can be bound, found out by binding them: a program that has no block may listen
 * there all the same.
 */
import { createServer } from 'node:net'
import { StoreError } from '../errors.ts'

/** Says which of the ports is in use; `undefined` when none is. */
export type BindProbe = (base: number, size: number) => Promise<number | undefined>

// One address is not enough: where another program has only the loopback address, some systems let
// the wildcard be bound all the same, and the other way round.
const ADDRESSES = ['127.0.0.1', '0.0.0.0', '::1', '::']
/** Machines without IPv6 have no such address, which says nothing of the port. */
const NO_SUCH_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'])
/** In use; or kept for others by the system, which comes to the same. */
const TAKEN = new Set(['EADDRINUSE', 'EACCES', 'EPERM'])
// As many sockets at once as any limit of open files allows.
const AT_ONCE = 32

/** Binds every port of the block on this machine's addresses, a moment each. */
export const probeByBinding: BindProbe = async (base, size) => {
  for (let first = base; first < base + size; first += AT_ONCE) {
    const length = Math.min(AT_ONCE, base + size - first)
    const ports = Array.from({ length }, (_, index) => first + index)
    const free = await Promise.all(ports.map(isFree))
    const taken = ports.find((_, index) => free[index] === false)
    if (taken !== undefined) return taken
  }
  return undefined
}

// One address after the other: the wildcard would meet our own socket on the loopback address.
async function isFree(port: number): Promise<boolean> {
  for (const host of ADDRESSES) if (!(await canBind(port, host))) return false
  return true
}

function canBind(port: number, host: string): Promise<boolean> {
  return new Promise((settle, fail) => {
    const server = createServer()
    server.unref()
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const { code = '' } = cause
      if (NO_SUCH_ADDRESS.has(code)) settle(true)
      else if (TAKEN.has(code)) settle(false)
      // Out of file descriptors, say: nothing was learnt about the port.
      else fail(new StoreError('IO', `port ${port} cannot be tried: ${cause.message}`, { cause }))
    })
    server.listen({ port, host, exclusive: true }, () => server.close(() => settle(true)))
  })
}
