/** The port registry under the names of the interface that the farm replaces. */
import { type PortBlockStatus, type Ports, parseIdentity } from '../../index.ts'
import { iso } from './compat-convert.ts'
import type { Allocation, ProjectPorts } from './compat-types.ts'

const PORTS_A_BLOCK = 100

/** The registry; `ports` are those of the user store. */
export class SeedPorts {
  readonly #ports: () => Ports
  readonly #env: () => Readonly<Record<string, string | undefined>>

  constructor(ports: () => Ports, env: () => Readonly<Record<string, string | undefined>>) {
    this.#ports = ports
    this.#env = env
  }

  /** First port of the project's block. */
  getPortBlock(root: string): number {
    return this.#registry().allocate(root).base
  }

  /** How the project's block is divided. */
  getProjectPorts(root: string): ProjectPorts {
    const basePort = this.getPortBlock(root)
    return {
      basePort,
      dashboardPort: basePort,
      architectPort: basePort + 1,
      builderPortRange: [basePort + 10, basePort + 29],
      utilPortRange: [basePort + 30, basePort + 49],
      openPortRange: [basePort + 50, basePort + 69],
    }
  }

  /** Every block that a project has. */
  listAllocations(): Allocation[] {
    return this.#ports().list().filter(isHeld).map(asAllocation)
  }

  /** Frees the blocks of folders that are gone, at once. */
  cleanupStaleEntries(): { readonly removed: readonly string[]; readonly remaining: number } {
    const reaped = this.#ports().reap({ dryRun: false, graceMs: 0 })
    const removed = reaped.filter(({ action }) => action === 'free').map(({ key }) => key)
    return { removed, remaining: this.listAllocations().length }
  }

  /** Frees a project's block; false when it has none. */
  removeAllocation(root: string): boolean {
    const registry = this.#registry()
    const block = registry.get(root)
    return block !== undefined && registry.release(block)
  }

  #registry(): Ports {
    const base = Number(this.#env()['AF_BASE_PORT'] ?? '')
    const ports = this.#ports()
    return Number.isInteger(base) && base > 0 ? ports.with({ base, size: PORTS_A_BLOCK }) : ports
  }
}

function isHeld({ state }: PortBlockStatus): boolean {
  return state !== 'occupied'
}

function asAllocation(block: PortBlockStatus): Allocation {
  const pid = parseIdentity(block.process)?.pid
  return {
    path: block.key,
    basePort: block.base,
    registered: iso(block.registeredAtMs),
    lastUsed: iso(block.lastUsedAtMs),
    // Of a folder on another machine nothing is known, so it is not called missing.
    exists: block.pathExists ?? true,
    ...(pid !== undefined && { pid, pidAlive: block.liveness !== 'dead' }),
  }
}
