/** What a command is about: the stream that its `expectedVersion` is compared with. */
import type { Command } from './commands.ts'
import {
  activityStream,
  projectStream,
  sessionStream,
  settingStream,
  threadStream,
} from './events.ts'
import type { ReadModel } from './read-model.ts'

/** The stream; `undefined` for an id that the command leaves to be given, or that nothing has. */
export function subjectOf(command: Command, model: ReadModel): string | undefined {
  const of = (stream: (id: string) => string, id: string | undefined) =>
    id === undefined ? undefined : stream(id)
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
    case 'approval.approve':
    case 'approval.reject':
      return of(threadStream, model.approval(command.approvalId)?.threadId)
    case 'message.extend':
      return of(threadStream, model.message(command.messageId)?.threadId)
    case 'checkpoint.restore':
      return of(threadStream, model.checkpoint(command.checkpointId)?.threadId)
    default:
      return of(threadStream, command.threadId)
  }
}
