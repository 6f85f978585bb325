/** What a command is about: its thread, and the stream that its `expectedVersion` is compared with. */
import type { Command } from './commands.ts'
import {
  activityStream,
  projectStream,
  sessionStream,
  settingStream,
  threadStream,
} from './events.ts'
import type { ReadModel } from './read-model.ts'

/**
 * The thread that the command changes or takes from; `undefined` for none, `null` where only something of
 * it is named, which is not there.
 */
export function threadOf(command: Command, model: ReadModel): string | null | undefined {
  switch (command.type) {
    case 'approval.approve':
    case 'approval.reject':
      return model.approval(command.approvalId)?.threadId ?? null
    case 'message.extend':
      return model.message(command.messageId)?.threadId ?? null
    case 'checkpoint.restore':
    case 'thread.fork':
      return model.checkpoint(command.checkpointId)?.threadId ?? null
    default:
      return 'threadId' in command ? command.threadId : undefined
  }
}

/** The stream; `undefined` for an id that the command leaves to be given, or that nothing has. */
export function subjectOf(command: Command, model: ReadModel): string | undefined {
  const of = (stream: (id: string) => string, id: string | null | undefined) =>
    typeof id === 'string' ? stream(id) : undefined
  switch (command.type) {
    case 'project.create':
    case 'project.rename':
    case 'project.update':
    case 'project.delete':
      return of(projectStream, command.projectId)
    case 'activity.put':
      return of(activityStream, command.activityId)
    case 'session.set':
      return sessionStream(command.threadId)
    case 'setting.change':
      return settingStream(command.key)
    case 'thread.fork':
      return of(threadStream, command.threadId)
    default:
      return of(threadStream, threadOf(command, model))
  }
}
