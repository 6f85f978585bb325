/**
 * Presence: who is there, by heartbeat, with what each says of its load. It belongs to one machine
 * and to the moment, so it is no part of the log: a beat replaces the one before.
 *
 * Invariant: who is proven alive is never called dead, however long it has been silent, and who is
 * proven to have ended is dead at once, however fresh its last beat.
 */
import { hostname } from 'node:os'
import {
  BOOLEAN,
  checkArgument,
  checkFields,
  checkOptions,
  DURATION,
  type Kind,
  type Kinds,
  NAME,
  NUMBER,
  TEXT,
  WHOLE,
} from '../arguments.ts'
import type { Connection } from '../connection/connection.ts'
import type { Liveness } from './identity.ts'
import { livenessOf } from './liveness-of.ts'
import type { ProcessProbe } from './process-probe.ts'

/** What one says of itself. */
export interface Heartbeat {
  /** Who; unique in the store. */
  readonly name: string
  /** What kind of thing it is: `'builder'`, `'worker'`. Default empty. */
  readonly kind?: string
  /** The process it lives in, as an identity. Default: this one; empty for none. */
  readonly process?: string
  /** Default: the host name. */
  readonly machine?: string
  /** Load of its process, 100 for one core. */
  readonly cpuPercent?: number
  readonly memoryBytes?: number
  /** When it last did something, in epoch milliseconds. Default: now. */
  readonly activeAtMs?: number
  /** A few words for people. */
  readonly note?: string
}

/** `alive`: beats and works. `idle`: beats. `stale`: silent. `dead`: ended, or silent for long. */
export type PresenceState = 'alive' | 'idle' | 'stale' | 'dead'

/** Who is there, as listed. */
export interface Present {
  readonly name: string
  readonly kind: string
  readonly process: string
  readonly machine: string
  readonly cpuPercent: number | null
  readonly memoryBytes: number | null
  readonly activeAtMs: number
  readonly beatAtMs: number
  readonly note: string
  readonly state: PresenceState
  /** What is known of the process; `'none'` where none is named. */
  readonly liveness: Liveness | 'none'
}

/** When silence means something, in milliseconds. */
export interface PresenceThresholds {
  /** Without work for so long: idle. Default one minute. */
  readonly idleAfterMs?: number
  /** Without a beat for so long: stale. Default two minutes. */
  readonly staleAfterMs?: number
  /** Without a beat for so long, and not proven alive: dead. Default 15 minutes. */
  readonly deadAfterMs?: number
}

/** What presence works with. */
export interface PresenceOptions {
  readonly connection: Connection
  readonly clock: () => number
  readonly probe: ProcessProbe
  /** This process, formatted. */
  readonly process: string
}

type Row = Omit<Present, 'state' | 'liveness'>

const DEFAULTS = { idleAfterMs: 60_000, staleAfterMs: 120_000, deadAfterMs: 900_000 } as const
const MAX_TEXT = 1000

const BEAT = /* sql */ `
  INSERT INTO presence (name, kind, process, machine, cpu_percent, memory_bytes, active_at_ms,
                        beat_at_ms, note)
  VALUES (:name, :kind, :process, :machine, :cpuPercent, :memoryBytes, :activeAtMs, :nowMs, :note)
  ON CONFLICT (name) DO UPDATE SET
    kind = excluded.kind, process = excluded.process, machine = excluded.machine,
    cpu_percent = excluded.cpu_percent, memory_bytes = excluded.memory_bytes,
    active_at_ms = excluded.active_at_ms, beat_at_ms = excluded.beat_at_ms, note = excluded.note`
const LIST = /* sql */ `
  SELECT name, kind, process, machine, cpu_percent AS cpuPercent, memory_bytes AS memoryBytes,
         active_at_ms AS activeAtMs, beat_at_ms AS beatAtMs, note
  FROM presence ORDER BY name`
const FORGET = /* sql */ `DELETE FROM presence WHERE name = ?`

const WORD: Kind = {
  name: `a text of at most ${MAX_TEXT} characters`,
  fits: (value) => typeof value === 'string' && value.length <= MAX_TEXT && value.isWellFormed(),
}
const HEARTBEAT: Kinds = {
  name: NAME,
  kind: WORD,
  process: WORD,
  machine: WORD,
  cpuPercent: NUMBER,
  memoryBytes: WHOLE,
  activeAtMs: WHOLE,
  note: TEXT,
}
const THRESHOLDS: Kinds = { idleAfterMs: DURATION, staleAfterMs: DURATION, deadAfterMs: DURATION }

/** The presence of one store. */
export class Presence {
  readonly #options: PresenceOptions

  constructor(options: PresenceOptions) {
    this.#options = options
  }

  /** Says that `name` is there. */
  beat(heartbeat: Heartbeat): void {
    checkFields('beat', heartbeat, { name: NAME })
    checkOptions('beat', heartbeat, HEARTBEAT)
    const { connection, clock, process } = this.#options
    const nowMs = clock()
    const { name, kind = '', machine = hostname(), note = '' } = heartbeat
    const values = {
      name,
      kind,
      machine,
      process: heartbeat.process ?? process,
      cpuPercent: heartbeat.cpuPercent ?? null,
      memoryBytes: heartbeat.memoryBytes ?? null,
      activeAtMs: heartbeat.activeAtMs ?? nowMs,
      nowMs,
      note: note.slice(0, MAX_TEXT),
    }
    connection.write(() => connection.run(BEAT, values))
  }

  /** Everybody who ever beat and was not forgotten, by name. */
  list(thresholds: PresenceThresholds = {}): Present[] {
    checkOptions('presence.list', thresholds, THRESHOLDS)
    const nowMs = this.#options.clock()
    const settled = { ...DEFAULTS, ...thresholds }
    return this.#options.connection.all<Row>(LIST).map((row) => {
      const liveness = this.#livenessOf(row.process)
      return { ...row, liveness, state: presenceState(row, liveness, settled, nowMs) }
    })
  }

  /** Takes `name` off the list; false when it was not on it. */
  forget(name: string): boolean {
    checkArgument('forget: the name', name, NAME)
    const { connection } = this.#options
    return connection.write(() => connection.run(FORGET, [name]).changes > 0)
  }

  /** Forgets the dead. Only names them, unless `dryRun` is false. */
  reap(options: PresenceThresholds & { readonly dryRun?: boolean } = {}): Present[] {
    checkOptions('presence.reap', options, { ...THRESHOLDS, dryRun: BOOLEAN })
    const { dryRun = true, ...thresholds } = options
    const dead = () => this.list(thresholds).filter(({ state }) => state === 'dead')
    if (dryRun) return dead()
    const { connection } = this.#options
    return connection.write(() => {
      const found = dead()
      for (const { name } of found) connection.run(FORGET, [name])
      return found
    })
  }

  #livenessOf(process: string): Liveness | 'none' {
    return livenessOf(process, this.#options.process, this.#options.probe)
  }
}

function presenceState(
  { beatAtMs, activeAtMs }: Row,
  liveness: Liveness | 'none',
  thresholds: Required<PresenceThresholds>,
  nowMs: number,
): PresenceState {
  const silentMs = nowMs - beatAtMs
  if (liveness === 'dead') return 'dead'
  if (silentMs >= thresholds.deadAfterMs && liveness !== 'alive') return 'dead'
  if (silentMs >= thresholds.staleAfterMs) return 'stale'
  return nowMs - activeAtMs >= thresholds.idleAfterMs ? 'idle' : 'alive'
}
