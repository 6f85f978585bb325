/** Which projector folds which event: all of them, or the compiler says so. */
import type { Projectors } from '../../index.ts'
import type { ThreadsEvents } from './events.ts'
import { PROJECT_CHECKPOINTS } from './project-checkpoints.ts'
import { PROJECT_IMPORTS } from './project-imports.ts'
import { PROJECT_MARKS } from './project-marks.ts'
import { PROJECT_MESSAGES } from './project-messages.ts'
import { PROJECT_THREADS } from './project-threads.ts'
import { PROJECT_TURNS } from './project-turns.ts'
import { PROJECT_WORK } from './project-work.ts'

/** The projectors of the module. */
export const PROJECTIONS: Projectors<ThreadsEvents> = {
  ...PROJECT_THREADS,
  ...PROJECT_MARKS,
  ...PROJECT_IMPORTS,
  ...PROJECT_TURNS,
  ...PROJECT_MESSAGES,
  ...PROJECT_WORK,
  ...PROJECT_CHECKPOINTS,
}
