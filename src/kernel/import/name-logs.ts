/**
 * Which files of JSON lines are copies of one log: those whose first record is the same and says
 * when it happened. Two logs do not begin with the same fact at the same instant.
 */
import { basename, dirname } from 'node:path'
import type { Connection } from '../connection/connection.ts'
import { targetOfFirst } from './ledger.ts'
import type { NamesInUse } from './names-in-use.ts'
import { occurredAtMs } from './occurred-at.ts'
import { readJsonl } from './readers/jsonl-reader.ts'
import { LONG_LINE_BYTES } from './readers/line-source.ts'
import { recordHash } from './record-hash.ts'
import { freeName, nameOfFile, validName } from './source-name.ts'
import type { FoundFile } from './walk.ts'

// What stands before a log's first record is a bracket or a torn line, not a file of its own.
const MAX_ITEMS_BEFORE = 100

/** A file of JSON lines, by its beginning. */
export interface LogFile {
  readonly file: FoundFile
  readonly firstHash: Buffer | null
}

/** Reads a log's first record that is not a long line. */
export function beginningOf(file: FoundFile): LogFile {
  let count = 0
  // A longer line is passed over, in every copy alike.
  const options = { growing: true, maxRecordBytes: LONG_LINE_BYTES }
  for (const item of readJsonl({ path: file.path }, options)) {
    if (item.kind === 'record') {
      const isDated = occurredAtMs(item.value) !== undefined
      return { file, firstHash: isDated ? recordHash(item.text) : null }
    }
    count++
    if (count >= MAX_ITEMS_BEFORE) break
  }
  return { file, firstHash: null }
}

/** Names logs, the same for copies of one. */
export class LogNames {
  readonly #connection: Connection
  readonly #names: NamesInUse
  readonly #byFirst = new Map<string, string>()

  /** @param all every log of the plan: what is one log is seen from all of them. */
  constructor(connection: Connection, names: NamesInUse, all: readonly LogFile[]) {
    this.#connection = connection
    this.#names = names
    const groups = new Map<string, LogFile[]>()
    for (const log of all) {
      const first = firstOf(log)
      if (first !== undefined) groups.set(first, [...(groups.get(first) ?? []), log])
    }
    for (const [first, logs] of groups) this.#byFirst.set(first, this.#nameOfGroup(logs))
  }

  /** The name of one of them. */
  nameOf(log: LogFile): string {
    const first = firstOf(log)
    const known = first === undefined ? undefined : this.#byFirst.get(first)
    if (known !== undefined) return known
    const name = freeName(log.file.relativePath, (one) => this.#names.isLogTaken(one))
    this.#names.giveLog(name)
    return name
  }

  #nameOfGroup(logs: readonly LogFile[]): string {
    const [log] = logs
    if (!log?.firstHash) throw new Error('a log without a first record is in no group')
    const known = targetOfFirst(this.#connection, log.firstHash)
    if (known?.startsWith('events:')) return known.slice('events:'.length)
    const own = new Set(logs.map(({ file }) => nameOfFile(file.relativePath)))
    const folder = basename(dirname(log.file.path))
    const isTaken = (one: string) => this.#names.isLogTaken(one)
    const name =
      own.size === 1
        ? freeName(log.file.relativePath, isTaken)
        : freeName(`${validName(folder)}.jsonl`, isTaken)
    this.#names.giveLog(name)
    return name
  }
}

function firstOf({ firstHash }: LogFile): string | undefined {
  return firstHash?.toString('hex')
}
