/** The farm of one workspace: its agents, terminals, annotations and mail. */
import type { ModuleStore } from '../../index.ts'
import { Architects } from './architects.ts'
import { Builders } from './builders.ts'
import { type Completion, completions } from './complete.ts'
import { Mailbox } from './mailbox.ts'
import { Rows } from './rows.ts'
import type { Annotation, Architect, Builder, FarmKind, Util } from './types.ts'

/** Everything of a workspace, as of one moment. */
export interface FarmState {
  readonly architects: readonly Architect[]
  readonly builders: readonly Builder[]
  readonly utils: readonly Util[]
  readonly annotations: readonly Annotation[]
}

const KINDS: readonly FarmKind[] = ['architect', 'builder', 'util', 'annotation']
// More rows than any machine runs; a larger workspace is cleared by several calls.
const MAX_CLEARED = 10_000

/** The farm of one workspace. */
export class WorkspaceFarm {
  /** Canonical path. */
  readonly workspace: string
  readonly architects: Architects
  readonly builders: Builders
  readonly utils: Rows<'util'>
  readonly annotations: Rows<'annotation'>
  readonly mail: Mailbox
  readonly #store: ModuleStore

  /** @internal Use `farm.in(workspace)`. */
  constructor(store: ModuleStore, workspace: string, completion: Completion) {
    const { probe } = completion
    const complete = completions(completion)
    this.#store = store
    this.workspace = workspace
    this.architects = new Architects(store, workspace, complete.architect, probe)
    this.builders = new Builders(store, workspace, complete.builder, probe)
    this.utils = new Rows(store, 'util', workspace, complete.util)
    this.annotations = new Rows(store, 'annotation', workspace, complete.annotation)
    this.mail = new Mailbox(store, workspace)
  }

  /** All rows, as of one moment. */
  state(): FarmState {
    return this.#store.read(() => ({
      architects: this.architects.list(),
      builders: this.builders.list(),
      utils: this.utils.list(),
      annotations: this.annotations.list(),
    }))
  }

  /** The rows of one kind. */
  of(kind: FarmKind): Rows<FarmKind> {
    const rows = {
      architect: this.architects,
      builder: this.builders,
      util: this.utils,
      annotation: this.annotations,
    }
    // Each has the same verbs; which rows they take follows from the kind.
    return rows[kind] as unknown as Rows<FarmKind>
  }

  /** Removes all rows of this workspace, or those of the given kinds; mail stays. Returns how many. */
  clear({ kinds = KINDS }: { readonly kinds?: readonly FarmKind[] } = {}): number {
    return this.#store.write(() => {
      let removed = 0
      for (const kind of kinds) {
        const rows = this.of(kind)
        for (const { id } of rows.list({ limit: MAX_CLEARED })) if (rows.delete(id)) removed++
      }
      return removed
    })
  }
}
