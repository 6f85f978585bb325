/** Child processes behind a readiness barrier: all are open and wait, then all begin at once. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export function worker(name) {
  return fileURLToPath(new URL(`../workers/${name}.mjs`, import.meta.url))
}

export function start(name, args = []) {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  return fork(worker(name), args.map(String), { env })
}

export function message(child, kind) {
  return new Promise((resolve, reject) => {
    const listen = (sent) => {
      if (sent.kind !== kind) return
      child.off('message', listen)
      resolve(sent)
    }
    child.on('message', listen)
    child.once('exit', (code) => reject(new Error(`worker ended with ${code} before '${kind}'`)))
  })
}

/** Starts `count` workers, lets them begin together, and gives what each reports. */
export async function together(count, name, args) {
  const children = Array.from({ length: count }, (_, index) => start(name, [...args, index]))
  await Promise.all(children.map((child) => message(child, 'ready')))
  const reports = children.map((child) => message(child, 'done'))
  for (const child of children) child.send({ kind: 'go' })
  const results = await Promise.all(reports)
  for (const child of children) if (child.connected) child.disconnect()
  return results
}

/** Jain's index of fairness: 1 when all got the same. */
export function jain(values) {
  const sum = values.reduce((total, value) => total + value, 0)
  const squares = values.reduce((total, value) => total + value * value, 0)
  return (sum * sum) / (values.length * squares)
}
