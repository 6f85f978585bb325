/**
 * Decides what is said in the other streams of a thread when it goes, or goes back: that their last
 * states, which may be large outputs, are of nothing any more. A month later prune drops such a stream.
 */
import { type DecidedEvent, decided } from './decision.ts'
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

/** Removals of all that a thread has outside of its own stream. */
export function surroundingsRemoved(model: ReadModel, threadId: string): DecidedEvent[] {
  const events = activitiesRemoved(model, threadId)
  if (model.session(threadId) !== undefined) {
    events.push(decided(sessionStream(threadId), 'threads.session.removed', { threadId }))
  }
  if (model.wasImported(threadId)) {
    events.push(decided(importStream(threadId), 'threads.import.removed', { threadId }))
  }
  return events
}
