/**
 * Decides what is said in the other streams of a thread when it goes, or goes back: that their last
 * states, which may be large outputs, are of nothing any more. A month later prune drops such a stream.
 */
import { type DecidedEvent, decided, ofThread } from './decision.ts'
import { activityStream, importStream, sessionStream } from './events.ts'
import type { ReadModel } from './read-model.ts'

// All is one transaction, which others wait for; what is large is among them.
const MAX_REMOVED_ACTIVITIES = 5_000

/** Removals of a thread's activities, of those of later turns than `turnNumber` where it is given. */
export function activitiesRemoved(
  model: ReadModel,
  threadId: string,
  turnNumber = -1,
): DecidedEvent[] {
  return model
    .largestActivities(threadId, turnNumber, MAX_REMOVED_ACTIVITIES)
    .map((id) => decided(activityStream(id), 'threads.activity.removed', { id, threadId }))
}

/** A thread's end: of all of it, or, when it is gradual, with its messages and activities to follow. */
export function threadDeleted(id: string, isGradual: boolean): DecidedEvent {
  return ofThread(id, 'threads.thread.deleted', { id, ...(isGradual && { isGradual }) })
}

/** Removals of what a thread that ends has outside of its own stream, which is not to follow. */
export function surroundingsRemoved(
  model: ReadModel,
  threadId: string,
  isGradual: boolean,
): DecidedEvent[] {
  const events = isGradual ? [] : activitiesRemoved(model, threadId)
  if (model.session(threadId) !== undefined) {
    events.push(decided(sessionStream(threadId), 'threads.session.removed', { threadId }))
  }
  if (model.wasImported(threadId)) {
    events.push(decided(importStream(threadId), 'threads.import.removed', { threadId }))
  }
  return events
}
