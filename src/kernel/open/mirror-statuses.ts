/**
 * The mirrors of a store as its checkpoints and their paths show them, to whoever asks: how far each has come,
 * since when it lacks something, and what stands in its way.
 */
import type { Connection } from '../connection/connection.ts'
import { type Checkpoint, listCheckpoints } from '../follow/consumer.ts'
import { readLogId } from '../follow/waker.ts'
import { obstacleAt } from '../mirror/obstacle.ts'
import type { MirrorStatus } from '../mirror/types.ts'
import type { Kernel } from './kernel.ts'
import { mirrorPathOf } from './make-mirror.ts'

// Whoever writes a mirror does so within milliseconds, and says ten times a second how far it has come.
const GRACE_MS = 1000

const FIRST_AFTER = /* sql */ `
  SELECT recorded_at_ms AS atMs FROM events WHERE sequence > ? ORDER BY sequence LIMIT 1`

/** Consumers and mirrors, each with how far it has come. */
export function readCheckpoints(
  kernel: Kernel,
  nowMs: number,
): { readonly consumers: readonly Checkpoint[]; readonly mirrors: readonly MirrorStatus[] } {
  const { connection } = kernel
  const consumers: Checkpoint[] = []
  const mirrors: MirrorStatus[] = []
  for (const row of listCheckpoints(connection)) {
    const path = mirrorPathOf(connection.path, row.consumer)
    if (path === undefined) consumers.push(row)
    else mirrors.push({ ...row, path, problem: problemOf(kernel, path, row, nowMs) })
  }
  return { consumers, mirrors }
}

/** How long the first event has been in the log that a mirror lacks, in milliseconds; 0 where it lacks none. */
export function lateMs(connection: Connection, { sequence }: Checkpoint, nowMs: number): number {
  const first = connection.get<{ atMs: number }>(FIRST_AFTER, [sequence])
  return first ? Math.max(0, nowMs - first.atMs) : 0
}

function problemOf(
  { connection, mirror }: Kernel,
  path: string,
  row: Checkpoint,
  nowMs: number,
): string | null {
  if (mirror?.path === path) return mirror.problem
  return obstacleAt(path, {
    store: connection.path,
    logId: readLogId(connection),
    isLate: () => lateMs(connection, row, nowMs) > GRACE_MS,
  })
}
