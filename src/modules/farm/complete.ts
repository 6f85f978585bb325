/** From drafts to whole rows: what is left out gets its default, or stays what it was. */
import type { ProcessProbe } from '../../index.ts'
import { identityOfPid } from './liveness.ts'
import type { Complete } from './rows.ts'
import type { Annotation, Architect, Builder, Draft, FarmRow, Util } from './types.ts'
import { checkWord, type Vocabulary } from './vocabulary.ts'

/** What completing needs besides the draft. */
export interface Completion {
  readonly clock: () => number
  readonly probe: ProcessProbe
  readonly vocabulary: Vocabulary
}

/** The completing functions of each kind. */
export interface Completions {
  readonly architect: Complete<Architect>
  readonly builder: Complete<Builder>
  readonly util: Complete<Util>
  readonly annotation: Complete<Annotation>
}

/** Makes them. */
export function completions({ clock, probe, vocabulary }: Completion): Completions {
  const running = (
    draft: Draft<FarmRow>,
    before: FarmRow | undefined,
    workspace: string,
  ): FarmRow => {
    const pid = draft.pid ?? null
    return {
      workspace,
      id: draft.id,
      pid,
      process: draft.process ?? identityFor(pid, before),
      port: draft.port ?? 0,
      terminal: draft.terminal ?? null,
      startedAtMs: before?.startedAtMs ?? draft.startedAtMs ?? clock(),
    }
  }
  // The pid that a row has already is the process that was there then, not who has the pid now.
  const identityFor = (pid: number | null, before: FarmRow | undefined): string =>
    before && before.pid === pid && before.process !== ''
      ? before.process
      : identityOfPid(pid, probe)
  return {
    architect: (draft, before, workspace) => ({
      ...running(draft, before, workspace),
      // Another process is another start, so that what runs now is not shown as days old.
      startedAtMs: draft.startedAtMs ?? startOf(draft, before) ?? clock(),
      cmd: draft.cmd ?? before?.cmd ?? '',
      sessionId: draft.sessionId ?? before?.sessionId ?? null,
    }),
    builder: (draft, before, workspace) => {
      const status = draft.status ?? 'spawning'
      const type = draft.type ?? 'spec'
      // What a row has already may be of a farm with more words.
      if (status !== before?.status) checkWord(vocabulary, 'status', status)
      if (type !== before?.type) checkWord(vocabulary, 'type', type)
      return {
        ...running(draft, before, workspace),
        name: draft.name ?? draft.id,
        status,
        phase: draft.phase ?? '',
        worktree: draft.worktree ?? '',
        branch: draft.branch ?? '',
        type,
        taskText: draft.taskText ?? null,
        protocolName: draft.protocolName ?? null,
        issue: draft.issue ?? null,
        // Once known it stays: a recovered builder is still its architect's.
        spawnedBy: draft.spawnedBy ?? before?.spawnedBy ?? null,
        state: draft.state ?? 'active',
        expiresAtMs: draft.expiresAtMs ?? null,
        note: draft.note ?? null,
        updatedAtMs: clock(),
      }
    },
    util: (draft, before, workspace) => ({
      ...running(draft, before, workspace),
      name: draft.name ?? draft.id,
    }),
    annotation: (draft, before, workspace) => ({
      ...running(draft, before, workspace),
      file: draft.file ?? '',
      parentType: draft.parentType ?? 'architect',
      parentId: draft.parentId ?? null,
    }),
  }
}

function startOf(draft: Draft<Architect>, before: Architect | undefined): number | undefined {
  return before?.pid === (draft.pid ?? null) ? before?.startedAtMs : undefined
}
