/**
 * Names of files that are being written, and which of them nobody writes any more:
 * `.<name>.<pid>-<machine>-<start>-<random>`, the middle two hashes of the machine, boot and pid namespace,
 * and of the process's start.
 *
 * Invariant: a file whose writer may be alive is never removed. Of a process of this machine its pid and
 * start tell; one of another machine or container, or of an earlier boot, is given up once it has been
 * silent for long.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type ProcessProbe, systemProcessProbe } from '../../leases/process-probe.ts'

// Whoever makes such a file writes to it all the time.
const QUIET_MS = 600_000
const UNFINISHED = /^\.(.*)\.([1-9]\d{0,9})-([0-9a-f]{8})-([0-9a-f]{8})-[0-9a-f]{8}$/

/** The names that this process gives; made once for all files of an export. */
export class UnfinishedFiles {
  /** What is in each of its names, and in no other process's. */
  readonly own: string
  readonly #machine: string
  readonly #probe: ProcessProbe

  constructor(probe: ProcessProbe = systemProcessProbe()) {
    this.#probe = probe
    this.#machine = hashOf(JSON.stringify([probe.host(), probe.bootId(), probe.pidNamespace()]))
    const start = hashOf(probe.look(probe.pid)?.startTime ?? '')
    this.own = `.${probe.pid}-${this.#machine}-${start}-`
  }

  /** A new name beside `path`, under which is written what is to stand there. */
  nameFor(path: string): string {
    const random = randomBytes(4).toString('hex')
    return join(dirname(path), `.${basename(path)}${this.own}${random}`)
  }

  /** Removes what writers of `path` that have ended left beside it. */
  removeLeftovers(path: string): void {
    for (const entry of readdirSync(dirname(path))) {
      const [, name, pid, machine, start] = UNFINISHED.exec(entry) ?? []
      if (name !== basename(path)) continue
      const file = join(dirname(path), entry)
      const isOver = machine === this.#machine ? this.#hasEnded(Number(pid), start) : isSilent(file)
      if (isOver) rmSync(file, { force: true })
    }
  }

  #hasEnded(pid: number, start: string | undefined): boolean {
    if (this.#probe.signal(pid) === 'absent') return true
    const sight = this.#probe.look(pid)
    // A process that ended and is not waited for yet writes nothing any more.
    if (sight?.isZombie) return true
    // Where the start cannot be read, the pid alone may be another's: kept.
    return sight !== undefined && sight.startTime !== '' && hashOf(sight.startTime) !== start
  }
}

function isSilent(file: string): boolean {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats !== undefined && Date.now() - stats.mtimeMs > QUIET_MS
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
