/** The shapes of the interface that the farm replaces: objects, and rows of its tables. */

/** An architect. */
export interface ArchitectState {
  readonly port: number
  readonly pid: number
  readonly cmd: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly tmuxSession?: string
  /** Default: `main`. */
  readonly name?: string
  readonly sessionId?: string
}

/** A builder. */
export interface BuilderState {
  readonly id: string
  readonly name: string
  readonly port: number
  readonly pid: number
  readonly status: string
  readonly phase: string
  readonly worktree: string
  readonly branch: string
  readonly type: string
  readonly tmuxSession?: string
  readonly taskText?: string
  readonly protocolName?: string
  readonly issueNumber?: string
  readonly spawnedByArchitect?: string
}

/** A terminal. */
export interface UtilTerminal {
  readonly id: string
  readonly name: string
  readonly port: number
  readonly pid: number
  readonly tmuxSession?: string
}

/** A file shown for comments. */
export interface AnnotationState {
  readonly id: string
  readonly file: string
  readonly port: number
  readonly pid: number
  readonly parent: { readonly type: 'architect' | 'builder' | 'util'; readonly id?: string }
}

/** Everything of a project. */
export interface DashboardState {
  readonly architect: ArchitectState | null
  readonly builders: readonly BuilderState[]
  readonly utils: readonly UtilTerminal[]
  readonly annotations: readonly AnnotationState[]
}

/** A row of `architect`. */
export interface DbArchitect {
  readonly id: string
  readonly pid: number
  readonly port: number
  readonly cmd: string
  readonly started_at: string
  readonly tmux_session: string | null
  readonly session_id: string | null
}

/** A row of `builders`. */
export interface DbBuilder {
  readonly id: string
  readonly name: string
  readonly port: number
  readonly pid: number
  readonly status: string
  readonly phase: string
  readonly worktree: string
  readonly branch: string
  readonly tmux_session: string | null
  readonly type: string
  readonly task_text: string | null
  readonly protocol_name: string | null
  readonly issue_number: string | null
  readonly spawned_by_architect: string | null
  readonly started_at: string
  readonly updated_at: string
}

/** A row of `utils`. */
export interface DbUtil {
  readonly id: string
  readonly name: string
  readonly port: number
  readonly pid: number
  readonly tmux_session: string | null
  readonly started_at: string
}

/** A row of `annotations`. */
export interface DbAnnotation {
  readonly id: string
  readonly file: string
  readonly port: number
  readonly pid: number
  readonly parent_type: 'architect' | 'builder' | 'util'
  readonly parent_id: string | null
  readonly started_at: string
}

/** A project's port block. */
export interface Allocation {
  readonly path: string
  readonly basePort: number
  /** ISO 8601. */
  readonly registered: string
  readonly lastUsed?: string
  readonly exists: boolean
  readonly pid?: number
  readonly pidAlive?: boolean
}

/** How a project's block is divided. */
export interface ProjectPorts {
  readonly basePort: number
  readonly dashboardPort: number
  readonly architectPort: number
  readonly builderPortRange: readonly [number, number]
  readonly utilPortRange: readonly [number, number]
  readonly openPortRange: readonly [number, number]
}
