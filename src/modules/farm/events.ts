/** The events of the farm: each row as it is now, or that it is gone. */
import { type EventDefinition, event } from '../../index.ts'
import { flag, name, object, oneOf, orNull, port, rowSchema, text, whole } from './row-schema.ts'
import type {
  Annotation,
  Architect,
  Builder,
  FarmKind,
  LegacyBlock,
  LegacyRow,
  Message,
  Util,
} from './types.ts'

/** Names a row that is gone. */
export interface Gone {
  readonly workspace: string
  readonly id: string
}

const RUNNING = {
  workspace: name,
  id: name,
  pid: orNull(whole),
  process: text,
  port,
  terminal: orNull(text),
  startedAtMs: whole,
} as const

const ARCHITECT = rowSchema<Architect>({ ...RUNNING, cmd: text, sessionId: orNull(text) })
const BUILDER = rowSchema<Builder>({
  ...RUNNING,
  name: text,
  status: name,
  phase: text,
  worktree: text,
  branch: text,
  type: name,
  taskText: orNull(text),
  protocolName: orNull(text),
  issue: orNull(text),
  spawnedBy: orNull(text),
  state: oneOf('reserved', 'active'),
  expiresAtMs: orNull(whole),
  note: orNull(text),
  updatedAtMs: whole,
})
const UTIL = rowSchema<Util>({ ...RUNNING, name: text })
const ANNOTATION = rowSchema<Annotation>({
  ...RUNNING,
  file: text,
  parentType: oneOf('architect', 'builder', 'util'),
  parentId: orNull(text),
})
const MESSAGE = rowSchema<Message>({
  workspace: name,
  id: name,
  to: name,
  from: orNull(text),
  body: text,
  state: oneOf('held', 'delivered', 'superseded', 'dismissed'),
  reason: orNull(text),
  notBeforeMs: orNull(whole),
  supersedeKey: orNull(text),
  isEscalated: flag,
  createdAtMs: whole,
  place: whole,
  settledAtMs: orNull(whole),
})
const BLOCK = rowSchema<LegacyBlock>({
  workspace: name,
  base: whole,
  pid: orNull(whole),
  registeredAtMs: orNull(whole),
  lastUsedAtMs: orNull(whole),
})
const ADOPTED = rowSchema<Pick<LegacyBlock, 'workspace'>>({ workspace: name })
const LEGACY = rowSchema<LegacyRow>({ source: name, id: name, row: object })
const GONE = rowSchema<Gone>({ workspace: name, id: name })

const STATE = { state: true, keep: 'latest' } as const
const REMOVAL = { removes: true, keep: 'latest' } as const

/** The events of the farm. */
export const EVENTS: {
  readonly 'farm.architect.saved': EventDefinition<Architect>
  readonly 'farm.architect.removed': EventDefinition<Gone>
  readonly 'farm.builder.saved': EventDefinition<Builder>
  readonly 'farm.builder.removed': EventDefinition<Gone>
  readonly 'farm.util.saved': EventDefinition<Util>
  readonly 'farm.util.removed': EventDefinition<Gone>
  readonly 'farm.annotation.saved': EventDefinition<Annotation>
  readonly 'farm.annotation.removed': EventDefinition<Gone>
  readonly 'farm.message.saved': EventDefinition<Message>
  readonly 'farm.message.removed': EventDefinition<Gone>
  readonly 'farm.block.noted': EventDefinition<LegacyBlock>
  readonly 'farm.block.adopted': EventDefinition<Pick<LegacyBlock, 'workspace'>>
  readonly 'farm.legacy.noted': EventDefinition<LegacyRow>
} = {
  'farm.architect.saved': event(ARCHITECT, STATE),
  'farm.architect.removed': event(GONE, REMOVAL),
  // When a builder was touched last is no change of it.
  'farm.builder.saved': event(BUILDER, { ...STATE, volatile: ['updatedAtMs'] }),
  'farm.builder.removed': event(GONE, REMOVAL),
  'farm.util.saved': event(UTIL, STATE),
  'farm.util.removed': event(GONE, REMOVAL),
  'farm.annotation.saved': event(ANNOTATION, STATE),
  'farm.annotation.removed': event(GONE, REMOVAL),
  'farm.message.saved': event(MESSAGE, STATE),
  'farm.message.removed': event(GONE, REMOVAL),
  'farm.block.noted': event(BLOCK, STATE),
  'farm.block.adopted': event(ADOPTED, REMOVAL),
  'farm.legacy.noted': event(LEGACY, STATE),
}

/** The types that say that a row is so, and that it is gone. */
export const ROW_TYPES: Readonly<
  Record<
    FarmKind | 'message',
    { readonly saved: keyof typeof EVENTS; readonly removed: keyof typeof EVENTS }
  >
> = {
  architect: { saved: 'farm.architect.saved', removed: 'farm.architect.removed' },
  builder: { saved: 'farm.builder.saved', removed: 'farm.builder.removed' },
  util: { saved: 'farm.util.saved', removed: 'farm.util.removed' },
  annotation: { saved: 'farm.annotation.saved', removed: 'farm.annotation.removed' },
  message: { saved: 'farm.message.saved', removed: 'farm.message.removed' },
}

/** The stream of one row. */
export function streamOf(kind: FarmKind | 'message', { workspace, id }: Gone): string {
  return `farm.${kind}/${id}@${workspace}`
}
