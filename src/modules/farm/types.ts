/** The rows of the farm. Each belongs to a workspace: the canonical path of a project's folder. */

/** What every row has that stands for something running. */
export interface FarmRow {
  /** Canonical path of the project. */
  readonly workspace: string
  /** Unique in its workspace and kind; an architect's is its name. */
  readonly id: string
  /** `null` when no process is known. */
  readonly pid: number | null
  /** The process as an identity that outlives its pid; empty when unknown. */
  readonly process: string
  /** 0 when it listens nowhere. Larger ones are unique in the workspace and kind. */
  readonly port: number
  /** Name of its terminal session, in whatever runs terminals. */
  readonly terminal: string | null
  readonly startedAtMs: number
}

/** An agent that directs builders. */
export interface Architect extends FarmRow {
  readonly cmd: string
  /** The conversation to resume. */
  readonly sessionId: string | null
}

/** An agent that works in a worktree of its own. */
export interface Builder extends FarmRow {
  readonly name: string
  /** One of the farm's vocabulary. */
  readonly status: string
  readonly phase: string
  readonly worktree: string
  readonly branch: string
  /** One of the farm's vocabulary. */
  readonly type: string
  readonly taskText: string | null
  readonly protocolName: string | null
  /** `'42'` or `'ENG-123'`. */
  readonly issue: string | null
  /** The architect that spawned it; `null` when nobody recorded it. */
  readonly spawnedBy: string | null
  /** A reservation comes before the worktree and the process, so that a crash leaves a trace. */
  readonly state: 'reserved' | 'active'
  /** When a reservation may be taken by others, in epoch milliseconds; `null` once active. */
  readonly expiresAtMs: number | null
  /** What an importer could not take over as it stood. */
  readonly note: string | null
  readonly updatedAtMs: number
}

/** A terminal that somebody opened beside the agents. */
export interface Util extends FarmRow {
  readonly name: string
}

/** A file shown for comments. */
export interface Annotation extends FarmRow {
  readonly file: string
  readonly parentType: 'architect' | 'builder' | 'util'
  readonly parentId: string | null
}

/** A message to an agent; it outlives the terminal that the agent has now. */
export interface Message {
  readonly workspace: string
  readonly id: string
  readonly to: string
  readonly from: string | null
  readonly body: string
  /** All but `held` are final. */
  readonly state: 'held' | 'delivered' | 'superseded' | 'dismissed'
  /** Why it is held, or why it was dismissed. */
  readonly reason: string | null
  /** Not to be delivered before, in epoch milliseconds. */
  readonly notBeforeMs: number | null
  /** A later message with the same key and recipient takes its place. */
  readonly supersedeKey: string | null
  /** True once somebody was told that it waits too long. */
  readonly isEscalated: boolean
  readonly createdAtMs: number
  /** Its place among the messages of its workspace: they are delivered in the order they came in. */
  readonly place: number
  /** When it left `held`. */
  readonly settledAtMs: number | null
}

/** A port block that an older registry gave to a project. */
export interface LegacyBlock {
  /** The project, or `remote:…`. */
  readonly workspace: string
  readonly base: number
  readonly pid: number | null
  readonly registeredAtMs: number | null
  readonly lastUsedAtMs: number | null
}

/** A row of an older database that has no place of its own here, as it was. */
export interface LegacyRow {
  readonly source: string
  readonly id: string
  readonly row: Readonly<Record<string, unknown>>
}

/** The kinds of rows that stand for something running. */
export type FarmKind = 'architect' | 'builder' | 'util' | 'annotation'

/** Each kind's row. */
export interface FarmRows {
  readonly architect: Architect
  readonly builder: Builder
  readonly util: Util
  readonly annotation: Annotation
}

/** A row to be put: an id, and whatever is not left to its default. */
export type Draft<Row extends FarmRow> = Pick<Row, 'id'> & Partial<Omit<Row, 'workspace' | 'id'>>
