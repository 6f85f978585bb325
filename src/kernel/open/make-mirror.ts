/** Puts a mirror together: what it takes of the layers beside it, and what a store's options say. */
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { BOOLEAN, checkArgument, checkOptions, type Kinds, listOf, TEXT } from '../arguments.ts'
import type { Connection } from '../connection/connection.ts'
import type { DriverFactory } from '../driver/driver.ts'
import { isStoreError, StoreError } from '../errors.ts'
import {
  listCheckpoints,
  noteConsumer,
  readGap,
  removeCheckpoint,
  saveCheckpoint,
} from '../follow/consumer.ts'
import { readLogId } from '../follow/waker.ts'
import type { EventLine } from '../log/exporter.ts'
import { IMPORT_MODULE_NAME } from '../log/importer.ts'
import { moduleOf, type Registry } from '../log/registry.ts'
import { redactValue } from '../maintenance/redact.ts'
import { Mirror } from '../mirror/mirror.ts'
import { type CheckpointRow, MirrorCheckpoint } from '../mirror/mirror-checkpoint.ts'
import { MirrorFile } from '../mirror/mirror-file.ts'
import { MirrorLines } from '../mirror/mirror-lines.ts'
import { MirrorLock } from '../mirror/mirror-lock.ts'
import { MirrorWriter } from '../mirror/mirror-writer.ts'
import type { MirrorOptions } from '../mirror/types.ts'

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024
const PREFIX = 'mirror:'

const OPTIONS: Kinds = {
  path: TEXT,
  types: listOf(TEXT),
  isRedacting: BOOLEAN,
  maxBytes: { name: 'a number above 0', fits: (value) => typeof value === 'number' && value > 0 },
}

/** What of a kernel a mirror works with. */
export interface MirroredKernel {
  readonly connection: Connection
  readonly factory: DriverFactory
  readonly registry: Registry
}

function checkMirror(options: MirrorOptions): void {
  // A slip of the pen would write out what `isRedacting` was to take out.
  checkOptions('openStore: mirror', options, OPTIONS)
  const { path } = options
  checkArgument('openStore: the path of a mirror', path, TEXT)
  if (path !== '' && !path.includes('\0')) return
  const reason = path === '' ? 'is empty' : 'has a NUL character'
  throw new StoreError('ARGUMENT_INVALID', `the path of a mirror ${reason}`, {
    hint: 'name a file: events.jsonl',
  })
}

/**
 * What a store's option says: of a path alone the rest is by default, and a relative one is of the folder that
 * the process is in now. Throws `ARGUMENT_INVALID` for what is no option of a mirror.
 */
export function mirrorOptions(mirror: string | MirrorOptions): MirrorOptions {
  const options = typeof mirror === 'string' ? { path: mirror } : mirror
  checkMirror(options)
  return { ...options, path: resolve(options.path) }
}

/** Makes the mirror of a store that is open for writing. */
export function makeMirror(
  { connection, factory, registry }: MirroredKernel,
  options: MirrorOptions,
  clock: () => number,
): Mirror {
  const store = connection.path
  const { path, types, isRedacting = false, maxBytes = DEFAULT_MAX_BYTES } = options
  const wants = types && typeFilter(types)
  const file = new MirrorFile({ path, store, isRedacting, maxBytes })
  const checkpoint = new MirrorCheckpoint(checkpointRow(connection, consumerOf(store, path), clock))
  const lines = new MirrorLines({
    lineOf: (type) => lineOf(registry, type),
    wants,
    redact: isRedacting ? redactValue : undefined,
  })
  const logId = () => readLogId(connection)
  const writer = new MirrorWriter({ connection, file, lines, checkpoint, wants, logId })
  const lock = new MirrorLock(factory, store)
  return new Mirror({ connection, path, lock, file, writer, checkpoint })
}

/** Tells types by their names; a `*` at the end stands for anything. */
function typeFilter(types: readonly string[]): (type: string) => boolean {
  const whole = new Set(types.filter((type) => !type.endsWith('*')))
  const beginnings = types.filter((type) => type.endsWith('*')).map((type) => type.slice(0, -1))
  return (type) => whole.has(type) || beginnings.some((beginning) => type.startsWith(beginning))
}

// What was imported goes back as it stood in its source.
function lineOf(registry: Registry, type: string): EventLine | undefined {
  const module = moduleOf(type)
  return module === IMPORT_MODULE_NAME ? importedLine : registry.modules.get(module)?.line
}

function importedLine({ type, text }: { readonly type: string; readonly text: string }): string {
  if (text.trimStart().startsWith('{')) return text
  return `{"type":${JSON.stringify(type)},"data":${text}}`
}

// By the way from the store to the file: a project's folder that is moved keeps its mirror.
function consumerOf(store: string, path: string): string {
  return PREFIX + relative(dirname(store), path)
}

/** The file of a mirror among the consumers; `undefined` for any other. */
export function mirrorPathOf(store: string, consumer: string): string | undefined {
  if (!consumer.startsWith(PREFIX)) return undefined
  const path = consumer.slice(PREFIX.length)
  return isAbsolute(path) ? path : join(dirname(store), path)
}

function checkpointRow(
  connection: Connection,
  consumer: string,
  clock: () => number,
): CheckpointRow {
  const note = () => {
    try {
      return noteConsumer(connection, consumer, clock())
    } catch (error) {
      if (!isStoreError(error, 'LOG_REPLACED')) throw error
    }
    // The file of the old log is put aside, and this one's is written from the start.
    removeCheckpoint(connection, consumer)
    return noteConsumer(connection, consumer, clock())
  }
  return {
    note: (mayWait) => (mayWait ? connection.write(note) : connection.tryWrite(note)),
    read: () => listCheckpoints(connection).find((one) => one.consumer === consumer)?.sequence,
    remove: () => removeCheckpoint(connection, consumer),
    save: (sequence) =>
      connection.tryWrite(() => saveCheckpoint(connection, { consumer, sequence }, clock())),
    gap: () => readGap(connection, consumer),
  }
}
