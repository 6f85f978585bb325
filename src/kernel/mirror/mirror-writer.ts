/**
 * What is missing in a mirror's file, written behind its end: from memory what this process has appended,
 * from the log the rest.
 *
 * Invariant: after a line come only lines of later sequences, and each committed event that is wanted has
 * one. It runs under the lock and outside of transactions.
 */
import type { Connection } from '../connection/connection.ts'
import { readLogHead } from '../log/heads.ts'
import type { RecordedEvent } from '../log/types.ts'
import { readPage } from './events-after.ts'
import { FULL_BYTES, LineBuffer } from './line-buffer.ts'
import type { MirrorCheckpoint } from './mirror-checkpoint.ts'
import type { MirrorFile } from './mirror-file.ts'
import { lastStampOf, type MirroredEvent, type MirrorLines, note } from './mirror-lines.ts'
import { OwnLines } from './own-lines.ts'

// Events gone through without a line after which the file is told how far that was.
const MAX_PASSED = 10_000

/** What a writer works with. */
export interface MirrorWriterParts {
  readonly connection: Connection
  readonly file: MirrorFile
  readonly lines: MirrorLines
  readonly checkpoint: MirrorCheckpoint
  /** Tells which types are wanted; left out: all. */
  readonly wants: ((type: string) => boolean) | undefined
  /** The random name of the log. */
  readonly logId: () => string
}

/** Writes one mirror's file. */
export class MirrorWriter {
  readonly #parts: MirrorWriterParts
  readonly #own: OwnLines
  readonly #buffer = new LineBuffer()
  #sequence = 0
  // The sequence that the file itself says, which those that are not wanted do not move.
  #stamped = 0
  #count = 0
  #mayHaveGap = true

  constructor(parts: MirrorWriterParts) {
    this.#parts = parts
    this.#own = new OwnLines(parts.lines)
    parts.connection.addCache(this.#own)
  }

  /** Everything up to here is in the file, or not wanted. */
  get sequence(): number {
    return this.#sequence
  }

  /** True when the log has gone on. */
  get hasNews(): boolean {
    return this.#head() > this.#sequence
  }

  /** Takes an event that was just inserted, with its data as stored. */
  add(event: RecordedEvent, text: string): void {
    this.#own.add(event, text)
  }

  /** How many lines were written since this was asked before. */
  takeCount(): number {
    const count = this.#count
    this.#count = 0
    return count
  }

  /** It has failed, and events may be dropped before it goes on. */
  noteFailure(): void {
    this.#mayHaveGap = true
  }

  /** Writes until then; true when it has come to what was the log's end. */
  write(until: number): boolean {
    const { file, logId, checkpoint } = this.#parts
    // What a failure has left of a page.
    this.#buffer.take()
    const head = () => this.#head()
    const place = file.place({ logId: logId(), head, mirrored: () => checkpoint.read() })
    if (place !== this.#sequence) this.#stamped = place
    this.#sequence = place
    if (this.#mayHaveGap) this.#sayGap()
    for (const end = this.#head(); this.#sequence < end; ) {
      if (!this.#writeOwn()) this.#writePage(end)
      if (performance.now() >= until) return this.#sequence >= end
    }
    file.rotateWhenFull()
    return true
  }

  // False when the next is not of this process.
  #writeOwn(): boolean {
    const own = this.#own.takeAfter(this.#sequence)
    if (!own) return false
    if ('events' in own) this.#append(own.events, own.through)
    else this.#flush(own.lines, own.count, own.through)
    return true
  }

  #writePage(end: number): void {
    const { connection, wants } = this.#parts
    const through = Math.min(end, this.#own.first - 1)
    const page = readPage(connection, { after: this.#sequence, through, wants })
    this.#append(page.events, page.through)
  }

  #append(events: readonly (MirroredEvent | number)[], through: number): void {
    const { lines } = this.#parts
    let count = 0
    for (const event of events) {
      const isEvent = typeof event !== 'number'
      const line = isEvent ? lines.lineOf(event) : note('unreadable', event)
      if (line === '') continue
      this.#buffer.add(line)
      count++
      if (this.#buffer.length < FULL_BYTES) continue
      this.#flush(this.#buffer.take(), count, isEvent ? event.sequence : event)
      count = 0
    }
    this.#flush(this.#buffer.take(), count, through)
  }

  #flush(lines: Buffer, count: number, through: number): void {
    this.#parts.file.append(lines, through)
    this.#sequence = through
    this.#count += count
    if (lines.length > 0) this.#stamped = lastStampOf(lines)
    if (through - this.#stamped > MAX_PASSED) this.#say(note('passed', through), through)
  }

  #say(line: string, through: number): void {
    this.#buffer.add(line)
    this.#parts.file.append(this.#buffer.take(), through)
    this.#stamped = through
  }

  #sayGap(): void {
    const through = this.#parts.checkpoint.gap()?.through ?? 0
    if (through > this.#sequence) {
      this.#say(note('gap', this.#sequence, through), this.#sequence)
    }
    this.#mayHaveGap = false
  }

  #head(): number {
    return readLogHead(this.#parts.connection).sequence
  }
}
