/** The panels of a store: its modules' own, their presets where they have none, and the kernel's. */
import type {
  ModuleMap,
  Panel,
  PanelRow,
  QueryPool,
  QueryPreset,
  SqlValue,
  Store,
} from '../../index.ts'

/** A preset, and the module on whose page it is shown. */
export interface ModulePreset extends QueryPreset {
  readonly module: string
}

/** A panel that can be read. */
export interface PanelSource {
  /** On whose page it is shown; events of this module make it due. */
  readonly module: string
  readonly name: string
  readonly title: string
  readonly everyMs: number | undefined
  readonly read: () => readonly PanelRow[] | Promise<readonly PanelRow[]>
}

// Heartbeats and expiring leases are no events.
const LOOK_EVERY_MS = 5000
const KERNEL = 'holdfast'

/** The panels that modules define, and presets of those that define none. */
export function modulePanels(
  store: Store,
  modules: ModuleMap,
  { presets, pool }: { readonly presets: readonly ModulePreset[]; readonly pool: QueryPool },
): PanelSource[] {
  const own = Object.entries(modules).flatMap(([key, definition]) => {
    if (!('panels' in definition)) return []
    const apiOf = () => Reflect.get(store, key) as never
    return (definition.panels ?? []).map((panel: Panel<never>) => ({
      ...{ module: definition.name, name: panel.name, title: panel.title, everyMs: panel.everyMs },
      read: () => panel.rows(apiOf()),
    }))
  })
  const hasOwn = new Set(own.map(({ module }) => module))
  const asked = presets.filter(({ module }) => !hasOwn.has(module))
  return [...own, ...asked.map((preset) => presetPanel(preset, pool))]
}

/** Leases and presence of a store. */
export function kernelPanels(store: Store): PanelSource[] {
  const panel = (name: string, title: string, read: () => PanelRow[]): PanelSource => ({
    ...{ module: KERNEL, name, title, everyMs: LOOK_EVERY_MS, read },
  })
  return [
    panel('leases', 'Leases', () =>
      store.leases.list().map(({ name, owner, liveness, expiresAtMs }) => ({
        ...{ name, owner, process: liveness, until: time(expiresAtMs) },
      })),
    ),
    panel('presence', 'Who is here', () =>
      store.presence
        .list()
        .map(({ name, kind, state, machine, cpuPercent, memoryBytes, beatAtMs }) => ({
          ...{ name, kind, state, machine, cpuPercent, memoryBytes, beat: time(beatAtMs) },
        })),
    ),
  ]
}

/** The port blocks of the machine, which are in the user's store. */
export function portPanel(user: Store): PanelSource {
  return {
    ...{
      module: KERNEL,
      name: 'ports',
      title: 'Port blocks of this machine',
      everyMs: LOOK_EVERY_MS,
    },
    read: () => {
      // No project of this machine has ports yet.
      if (!user.attached) return []
      return user.ports.list().map(({ base, size, state, liveness, key, lastUsedAtMs }) => ({
        ...{ ports: `${base}-${base + size - 1}`, state, process: liveness, key },
        used: time(lastUsedAtMs),
      }))
    },
  }
}

function presetPanel({ module, name, summary, sql, parameters }: ModulePreset, pool: QueryPool) {
  const read = async (): Promise<PanelRow[]> => {
    const { columns, rows } = await pool.run(sql, parameters ? { parameters } : {})
    return rows.map((row) =>
      Object.fromEntries(columns.map((column, place) => [column, shown(row[place] ?? null)])),
    )
  }
  return { module, name, title: summary, everyMs: undefined, read }
}

function shown(value: SqlValue): string | number | null {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Uint8Array ? `${value.length} bytes` : value
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
