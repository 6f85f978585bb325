/**
 * Carrying out a command. The write transaction decides: state is read, the decision made and its
 * events appended under the store's write lock, so that decisions are serial over all processes.
 */
import * as v from 'valibot'
import {
  type AppendOptions,
  type EventMetadata,
  isStoreError,
  type ModuleStore,
  StoreError,
  VersionConflictError,
  type WriteTransaction,
} from '../../index.ts'
import { COMMAND_OPTIONS, given } from './arguments.ts'
import { COMMAND } from './command-schema.ts'
import type { Command } from './commands.ts'
import { decide } from './decide.ts'
import type { DecidedEvent, Refused } from './decision.ts'
import { refuseHeldBack } from './held-back.ts'
import { readModelOf } from './read-model.ts'
import { subjectOf } from './subject.ts'
import { sweepOnTheWay } from './sweep.ts'

/** Who asks, and under which name. */
export interface CommandOptions {
  /**
   * Makes the command safe to repeat: the same id and command give the first answer again, refusals
   * included, but for `held-back`; the same id with another command throws `COMMAND_CONFLICT`. Kept for
   * seven days.
   */
  readonly commandId?: string
  /** Who gives the command. */
  readonly actor?: string
  /** Default: the command's id. */
  readonly correlationId?: string
  /** Default: the command's id. */
  readonly causationId?: string
  /**
   * Throws `VERSION_CONFLICT` unless the stream of what the command is about is there, also where it
   * has nothing to change: the project's, the activity's, the session's or the setting's own, else the
   * thread's.
   */
  readonly expectedVersion?: number
}

/** A command that was carried out. */
export interface CommandAccepted {
  readonly accepted: true
  /** What the command made or changed. */
  readonly id: string
  /** Sequence of the last event; of the log's head when there was nothing to do. */
  readonly sequence: number
  /** Version of the stream of what the command is about; `null` when there was nothing to do. */
  readonly version: number | null
  /** How many events were appended. */
  readonly appended: number
}

/** What came of a command. */
export type CommandResult = CommandAccepted | Refused

const DELETIONS: readonly Command['type'][] = ['thread.delete', 'project.delete']

/** Decides a command and appends what follows from it. */
export function dispatch(
  store: ModuleStore,
  command: Command,
  options: CommandOptions = {},
): CommandResult {
  const valid = validCommand(command)
  const { commandId } = given('options', COMMAND_OPTIONS, options)
  // A transaction of the caller's is not to be cut.
  const mayFollow = !store.isWriting && DELETIONS.includes(valid.type)
  try {
    const result = store.write((tx) => {
      const decideNow = () => carryOut(store, tx, valid, { ...options, mayFollow })
      return commandId === undefined
        ? decideNow()
        : tx.once(`threads/${commandId}`, valid, decideNow)
    })
    // Also where the answer is a receipt: whoever gave it may have been killed in the middle.
    if (mayFollow && result.accepted) sweepOnTheWay(store)
    return result
  } catch (error) {
    // Not an answer for good: the same command may succeed once the event before it is mended, or the
    // rest of the thread has come in.
    if (!isStoreError(error, 'STREAM_BLOCKED')) throw error
    return { accepted: false, reason: 'held-back', message: `${error.message}; ${error.hint}` }
  }
}

/** The result, or a throw where the command was refused. */
export function acceptedOrThrow(result: CommandResult): CommandAccepted {
  if (result.accepted) return result
  const codes = {
    'not-found': 'NOT_FOUND',
    'already-exists': 'CONSTRAINT',
    'wrong-state': 'ARGUMENT_INVALID',
    'too-large': 'ARGUMENT_INVALID',
    'held-back': 'STREAM_BLOCKED',
  } as const
  throw new StoreError(codes[result.reason], result.message, {
    hint: 'nothing was appended; dispatch() gives a refusal as a value',
  })
}

function carryOut(
  store: ModuleStore,
  tx: WriteTransaction,
  command: Command,
  options: CommandOptions & { readonly mayFollow: boolean },
): CommandResult {
  const model = readModelOf(tx, (stream) => store.log.streamVersion(stream))
  refuseHeldBack(store, tx, command, model)
  const subject = subjectOf(command, model)
  const { expectedVersion, mayFollow } = options
  if (subject !== undefined && expectedVersion !== undefined) {
    const actual = store.log.streamVersion(subject)
    if (actual !== expectedVersion) throw new VersionConflictError(subject, expectedVersion, actual)
  }
  const decision = decide(command, {
    ...{ model, newId: store.newId, nowMs: store.clock(), mayFollow },
  })
  if (!decision.accepted) return decision
  const { id, events } = decision
  const groups = byStream(events)
  // Of an id that is given only now the stream is new, and the first that is changed.
  const own = subject ?? groups[0]?.stream
  const metadata = metadataOf(options)
  let result = { sequence: store.log.head(), version: null as number | null, appended: 0 }
  for (const { stream, events } of groups) {
    const isNew = stream === own && subject === undefined
    const added = events.map((event) => (metadata ? { ...event, metadata } : event))
    const { sequence, version, appended } = tx.append(stream, added, isNew ? expected(options) : {})
    const moved = stream === own ? version : result.version
    result = { sequence, version: moved, appended: result.appended + appended }
  }
  return { accepted: true, id, ...result }
}

const expected = ({ expectedVersion }: CommandOptions): AppendOptions =>
  expectedVersion === undefined ? {} : { expectedVersion }

interface Group {
  readonly stream: string
  readonly events: readonly Omit<DecidedEvent, 'stream'>[]
}

// In order: only neighbours of one stream are appended together.
function byStream(events: readonly DecidedEvent[]): Group[] {
  const groups: { stream: string; events: Omit<DecidedEvent, 'stream'>[] }[] = []
  for (const { stream, ...event } of events) {
    const last = groups.at(-1)
    if (last?.stream === stream) last.events.push(event)
    else groups.push({ stream, events: [event] })
  }
  return groups
}

function metadataOf(options: CommandOptions): EventMetadata | undefined {
  const { actor, commandId, correlationId = commandId, causationId = commandId } = options
  const given = Object.entries({ actor, commandId, correlationId, causationId }).filter(
    ([, value]) => value !== undefined,
  )
  return given.length === 0 ? undefined : Object.fromEntries(given)
}

function validCommand(command: Command): Command {
  const { success, output, issues } = v.safeParse(COMMAND, command)
  if (success) return output
  const [issue] = issues
  const place = v.getDotPath(issue) ?? ''
  throw new StoreError('ARGUMENT_INVALID', `command: ${place}${place && ': '}${issue.message}`, {
    hint: 'the commands and their fields are in the README of holdfast/threads',
  })
}
