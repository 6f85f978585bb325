/** Folds the marks of threads: they move the thread along, and are read in its history. */
import type { Projector, Projectors } from '../../index.ts'
import type { MarkEventData } from './event-data.ts'
import type { ThreadsEvents } from './events.ts'
import { touchThread } from './touch-thread.ts'

const noteMark: Projector<MarkEventData[keyof MarkEventData]> = (tx, event) =>
  touchThread(tx, event.data.id, event)

/** Projectors of marks. */
export const PROJECT_MARKS: Projectors<Pick<ThreadsEvents, keyof MarkEventData>> = {
  'threads.thread.archived': noteMark,
  'threads.thread.unarchived': noteMark,
  'threads.thread.settled': noteMark,
  'threads.thread.unsettled': noteMark,
  'threads.thread.snoozed': noteMark,
  'threads.thread.unsnoozed': noteMark,
  'threads.thread.pinned': noteMark,
  'threads.thread.unpinned': noteMark,
  'threads.thread.pin-reordered': noteMark,
}
