/**
 * Starting and ending agents. A builder is reserved before anything is made for it, and whatever was
 * made is undone when a later step fails: a failing spawn leaves nothing behind, and one that is
 * killed leaves a reservation that says so.
 */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, realpathSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isStoreError, resolveStorePath } from 'holdfast'
import { getDb } from 'holdfast/farm/compat'

const AGENT = fileURLToPath(new URL('agent.mjs', import.meta.url))
const FIRST_PORT = 10
const LAST_PORT = 29

/** The folder of the project that we are in. */
export function projectRoot() {
  const { HOLDFAST_STORE: _, ...env } = process.env
  const { kind, path } = resolveStorePath({ cwd: process.cwd(), env })
  return kind === 'project' ? dirname(dirname(path)) : realpathSync(process.cwd())
}

/** Starts a builder; gives its process and port. */
export function spawnBuilder({ id, base, task }) {
  if (basename(id) !== id || id.startsWith('.'))
    throw new Error(`'${id}' cannot be a builder's name`)
  const root = projectRoot()
  const { builders } = getDb().farm.in(root)
  const reservation = reserveWithPort(builders, { id, taskText: task, spawnedBy: 'main' }, base)
  const worktree = join(root, '.builders', id)
  let pid
  try {
    mkdirSync(worktree, { recursive: true })
    pid = startAgent('builder', id, root, worktree)
    const branch = `builder/${id}`
    return builders.activate(reservation, { pid, worktree, branch, status: 'implementing' })
  } catch (error) {
    if (pid !== undefined) process.kill(pid)
    builders.abandon(reservation)
    // Only what was made: where the folder could not be, there is none to remove.
    if (existsSync(worktree)) rmSync(worktree, { recursive: true, force: true })
    throw error
  }
}

/** Starts an agent as a process that outlives this one; gives its pid. */
export function startAgent(kind, id, root, folder = root) {
  mkdirSync(join(root, '.builders'), { recursive: true })
  const log = openSync(join(root, '.builders', `${kind}-${id}.log`), 'a')
  const child = spawn(process.execPath, [AGENT, kind, id, root], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  if (child.pid === undefined) throw new Error(`${kind} ${id} could not be started`)
  return child.pid
}

/** Ends an agent if it is the process that its row names; true when it ran. */
export function stopAgent(farm, kind, id, workspace) {
  const found = farm
    .processes({ workspace })
    .find((one) => one.kind === kind && one.row.id === id && one.liveness === 'alive')
  if (!found) return false
  process.kill(found.row.pid)
  return true
}

// Two spawns at once may want one port: the second is refused and takes the next.
function reserveWithPort(builders, draft, base) {
  for (let port = base + FIRST_PORT; port <= base + LAST_PORT; port++) {
    try {
      return builders.reserve({ ...draft, port })
    } catch (error) {
      if (!isStoreError(error, 'CONSTRAINT')) throw error
    }
  }
  throw new Error(`all ports from ${base + FIRST_PORT} to ${base + LAST_PORT} are taken`)
}
