/**
 * One mirror's file, written under the lock alone.
 *
 * Invariants: it only grows. A line of which a killed process or a full disk left the beginning is
 * completed, since the same event gives the same line; what anybody else left there is ended by a line
 * break and stays. Where the file goes on is read from it whenever it is not as this process left it.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, relative } from 'node:path'
import { fileIdentity, storeReplaced } from '../connection/file-identity.ts'
import { beginsWith, hasLines, readEnd, readHead, readTail } from './file-end.ts'
import { headLine } from './mirror-lines.ts'
import { headOf, lastBeside, setAside } from './siblings.ts'
import { isOfOther, refused, refuseOthers, refuseOwnFile } from './whose-file.ts'

const APPENDING = constants.O_RDWR | constants.O_APPEND
const NOTHING: Buffer = Buffer.alloc(0)
const LINE_BREAK: Buffer = Buffer.from('\n')
// Others may make or move the file at the same moment, but not for ever.
const MAX_TRIES = 5

/** What a mirror's file is made with. */
export interface MirrorFileOptions {
  readonly path: string
  /** The store's file. */
  readonly store: string
  /** Bytes from which on it becomes `<path>.1`. */
  readonly maxBytes: number
}

/** Which log, and what is known of it; asked where the file does not say. */
export interface LogState {
  readonly logId: string
  /** Sequence of its newest event. */
  readonly head: () => number
  /** Everything up to here was mirrored, or need not be. */
  readonly mirrored: () => number
}

interface OpenFile {
  readonly descriptor: number
  readonly device: number
  readonly inode: number
  size: number
  /** Its last bytes, for one that was emptied and begun anew may have the size that it had. */
  tail: Buffer
  /** What stands behind its last line break. */
  fragment: Buffer
}

interface Known {
  readonly logId: string
  readonly sequence: number
}

/** A file that was opened, and the sequence after which it goes on. */
interface Opened {
  readonly file: OpenFile
  readonly sequence: number
}

/** The file. */
export class MirrorFile {
  readonly #options: MirrorFileOptions
  #file: OpenFile | undefined
  // What this process knows to be in the file, or in what the file was renamed to.
  #known: Known | undefined
  // The file that was last found not to be one of the store's own.
  #judged: string | undefined
  readonly #storeIdentity: string

  constructor(options: MirrorFileOptions) {
    this.#options = options
    this.#storeIdentity = fileIdentity(options.store)
  }

  /**
   * The sequence after which the file goes on; it is made where there is none. Throws `PATH_REFUSED` for
   * a file that is no mirror, or that of another store, and `STORE_REPLACED` where the store's own file is
   * not the one that was opened: the mirror belongs to that which has its place.
   */
  place(log: LogState): number {
    const known = this.#known?.logId === log.logId ? this.#known.sequence : undefined
    if (known !== undefined && this.#file && this.#isAsLeft(this.#file)) return known
    this.close()
    const mirrored = () => Math.max(known ?? 0, log.mirrored())
    for (let tries = 1; ; tries++) {
      const opened = this.#open({ ...log, mirrored })
      if (opened) {
        this.#file = opened.file
        return this.#remember(log.logId, opened.sequence)
      }
      if (tries >= MAX_TRIES) throw new Error(`${this.#options.path} is made anew all the time`)
    }
  }

  /** Appends whole lines behind the place; the log is mirrored up to `sequence` then. */
  append(lines: Buffer, sequence: number): void {
    const known = this.#known
    if (!known) throw new Error('a mirror is written before its place is known')
    if (lines.length > 0) this.#write(lines, known)
    this.#remember(known.logId, sequence)
  }

  /** Gives the file the name `<path>.1` when it is as large as it may be; the next place makes another. */
  rotateWhenFull(): void {
    const { path, store, maxBytes } = this.#options
    if (!this.#file || !this.#known || this.#file.size < maxBytes) return
    // It would take the place of one that has lines.
    if (!hasLines(this.#file.descriptor, this.#file.size)) return
    const older = `${path}.1`
    if (statSync(older, { throwIfNoEntry: false })) {
      const head = headOf(older)
      if (head === undefined || isOfOther(older, head, { store, logId: this.#known.logId })) {
        throw refused(`${older} is in the way of ${path}, which is full`, 'move it elsewhere')
      }
    }
    this.close()
    renameSync(path, older)
  }

  close(): void {
    if (this.#file) closeSync(this.#file.descriptor)
    this.#file = undefined
  }

  #remember(logId: string, sequence: number): number {
    this.#known = { logId, sequence }
    return sequence
  }

  #write(bytes: Buffer, { logId, sequence }: Known): void {
    const file = this.#file
    if (!file) throw new Error('a mirror is written before its place is known')
    const rest = restOf(bytes, file.fragment)
    try {
      writeAll(file.descriptor, rest)
      file.size += rest.length
      const isCut = fstatSync(file.descriptor).size < file.size
      if (isCut && beginsWith(file.descriptor, rest)) {
        // Whoever rotates by copying has emptied it since the last look. Without its first line it would
        // be nobody's.
        ftruncateSync(file.descriptor, 0)
        const whole = Buffer.concat([this.#headLine(logId, sequence), bytes])
        writeAll(file.descriptor, whole)
        file.size = whole.length
      }
    } catch (error) {
      // Half a line may stand there: the next place is read from the file.
      this.close()
      throw error
    }
    file.fragment = NOTHING
    file.tail = readTail(file.descriptor, file.size)
  }

  #headLine(logId: string, sequence: number): Buffer {
    const { path, store } = this.#options
    return Buffer.from(headLine(logId, relative(dirname(path), store), sequence))
  }

  #isAsLeft({ descriptor, device, inode, size, tail }: OpenFile): boolean {
    const stats = statSync(this.#options.path, { throwIfNoEntry: false })
    const isSame = stats?.ino === inode && stats.dev === device && stats.size === size
    return isSame && readTail(descriptor, size).equals(tail)
  }

  // `undefined` when it has to be looked at again.
  #open(log: LogState): Opened | undefined {
    const { path } = this.#options
    this.#judge()
    const stats = statSync(path, { throwIfNoEntry: false })
    if (!stats) return this.#make(log)
    if (!stats.isFile()) throw refused(`${path} is not a file`, 'name a file for the mirror')
    const descriptor = openSync(path, APPENDING)
    try {
      const opened = this.#examine(descriptor, log)
      if (!opened) closeSync(descriptor)
      return opened
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  }

  #examine(descriptor: number, log: LogState): Opened | undefined {
    const { path, store } = this.#options
    const { size } = fstatSync(descriptor)
    const head = readHead(descriptor, size)
    if (head === 'torn') {
      // Killed while it was begun, or emptied: what there is of it is no line yet.
      ftruncateSync(descriptor, 0)
      return this.#begin(descriptor, log)
    }
    if (head === undefined) {
      throw refused(
        `${path} is there, and no mirror`,
        `bring it in and put it aside: holdfast import --retire ${path}`,
      )
    }
    refuseOthers(path, head, { store, logId: log.logId })
    const end = readEnd(descriptor, size)
    const sequence = end.sequence ?? head.sequence
    // Asked after the file was read: others commit, and write here, all the time.
    if (head.logId === log.logId && sequence <= log.head()) {
      return { file: openFile(descriptor, size, end.fragment), sequence }
    }
    // The store was reset, restored or replaced by an older copy: what the file says is not in its log.
    setAside(path)
    return this.#make(log, 0)
  }

  // Before it is opened: closing a file that SQLite has open would drop its locks.
  #judge(): void {
    const { path, store } = this.#options
    if (fileIdentity(store) !== this.#storeIdentity) throw storeReplaced(store)
    const identity = fileIdentity(path)
    if (identity === this.#judged) return
    refuseOwnFile(path, store)
    this.#judged = identity
  }

  // It goes on after `sequence`; left out: after the last that is known to be mirrored.
  #make(log: LogState, sequence?: number): Opened | undefined {
    const { path } = this.#options
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    try {
      const flags = APPENDING | constants.O_CREAT | constants.O_EXCL
      return this.#begin(openSync(path, flags, 0o600), log, sequence)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return undefined
      throw refused(`${path} is a link to a file that is not there`, 'make it, empty')
    }
  }

  #begin(descriptor: number, log: LogState, sequence: number = this.#goesOnAfter(log)): Opened {
    const line = this.#headLine(log.logId, sequence)
    writeAll(descriptor, line)
    return { file: openFile(descriptor, line.length, NOTHING), sequence }
  }

  #goesOnAfter({ logId, head, mirrored }: LogState): number {
    const said = [lastBeside(this.#options.path, logId), mirrored()]
    const end = head()
    // Of a store that was put back to an older copy, it goes on from the start.
    return Math.max(0, ...said.filter((one) => one <= end))
  }
}

function openFile(descriptor: number, size: number, fragment: Buffer): OpenFile {
  const { dev: device, ino: inode } = fstatSync(descriptor)
  return { descriptor, device, inode, size, tail: readTail(descriptor, size), fragment }
}

// What is left of a line that was begun, or the whole behind a line break where it was another's.
function restOf(bytes: Buffer, fragment: Buffer): Buffer {
  if (fragment.length === 0) return bytes
  const isOurs = bytes.subarray(0, fragment.length).equals(fragment)
  return isOurs ? bytes.subarray(fragment.length) : Buffer.concat([LINE_BREAK, bytes])
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written)
  }
}
