/** The row of a checkpoint, which two kinds of event bring. */
import type { ProjectionTransaction } from '../../index.ts'
import type { FileDiff } from './types.ts'

// A diff may be reported again, once more files are known.
const SAVE = /* sql */ `
  INSERT INTO threads_checkpoint (id, thread_id, turn_id, turn_number, git_ref, status, files,
    additions, deletions, created_at_ms)
  VALUES (:id, :threadId, :turnId, :turnNumber, :gitRef, :status, :files, :additions, :deletions,
    :nowMs)
  ON CONFLICT (id) DO UPDATE SET git_ref = excluded.git_ref, status = excluded.status,
    files = excluded.files, additions = excluded.additions, deletions = excluded.deletions`

/** What the row is made of. */
export interface SavedCheckpoint {
  readonly id: string
  readonly threadId: string
  readonly turnId: string | null
  readonly turnNumber: number
  readonly gitRef: string
  readonly status: string
  readonly files: readonly FileDiff[]
}

/** Writes the row, with the sums of its files. */
export function saveCheckpoint(
  tx: ProjectionTransaction,
  checkpoint: SavedCheckpoint,
  nowMs: number,
): void {
  const { id, threadId, turnId, turnNumber, gitRef, status, files } = checkpoint
  tx.run(SAVE, {
    id,
    threadId,
    turnId,
    turnNumber,
    gitRef,
    status,
    files: JSON.stringify(files),
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    nowMs,
  })
}
