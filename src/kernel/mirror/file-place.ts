/**
 * The file at a mirror's path: looked at, made, refused, or put aside, and where it goes on.
 *
 * Invariant: a file that is no mirror of this store's is left as it is. Where one goes on is read from it,
 * or, of one that is made, from those that it may have been renamed to.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs'
import { dirname, relative } from 'node:path'
import { fileIdentity, storeReplaced } from '../connection/file-identity.ts'
import { StoreError } from '../errors.ts'
import { readEnd, readHead } from './file-end.ts'
import { headLine } from './mirror-lines.ts'
import { OpenFile, writeAll } from './open-file.ts'
import { lastBeside, setAside } from './siblings.ts'
import {
  linkToNothing,
  noFile,
  noMirror,
  refused,
  refuseOthers,
  refuseOwnFile,
} from './whose-file.ts'

// A pipe that has taken the file's place since it was looked at must not be waited for.
const APPENDING = constants.O_RDWR | constants.O_APPEND | (constants.O_NONBLOCK ?? 0)
// Others may make or move the file at the same moment, but not for ever.
const MAX_TRIES = 5

/** Which log, and what is known of it; asked where the file does not say. */
export interface LogState {
  readonly logId: string
  /** Sequence of its newest event. */
  readonly head: () => number
  /** Everything up to here was mirrored, or need not be. */
  readonly mirrored: () => number
}

/** A file that was opened, and the sequence after which it goes on. */
export interface Opened {
  readonly file: OpenFile
  readonly sequence: number
}

/** What a place is given. */
export interface FilePlaceOptions {
  readonly path: string
  /** The store's file. */
  readonly store: string
  /** Lines are without secrets. */
  readonly isRedacting: boolean
}

/** One path. */
export class FilePlace {
  readonly #path: string
  readonly #store: string
  readonly #isRedacting: boolean
  readonly #storeIdentity: string
  // The file that was last found not to be one of the store's own.
  #judged: string | undefined

  constructor({ path, store, isRedacting }: FilePlaceOptions) {
    this.#path = path
    this.#store = store
    this.#isRedacting = isRedacting
    this.#storeIdentity = fileIdentity(store)
  }

  /**
   * Opens the file, which is made where there is none. Throws `PATH_REFUSED` for one that is no mirror, or
   * that of another store, and `STORE_REPLACED` where the store's own file is not the one that was opened:
   * the mirror belongs to that which has its place.
   */
  open(log: LogState): Opened {
    try {
      for (let tries = 1; tries <= MAX_TRIES; tries++) {
        const opened = this.#open(log)
        if (opened) return opened
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw error
      throw refused(`${this.#path} is too long for a file`, 'give the mirror a shorter name')
    }
    throw this.#madeAnew()
  }

  /** Makes the file, to go on after `sequence`. */
  make(logId: string, sequence: number): OpenFile {
    const made = this.#make(logId, () => sequence)
    if (!made) throw this.#madeAnew()
    return made.file
  }

  /** Its first line. */
  headLine(logId: string, sequence: number): Buffer {
    const store = relative(dirname(this.#path), this.#store)
    const redacted = this.#isRedacting ? { isRedacted: true as const } : {}
    return Buffer.from(headLine({ logId, store, ...redacted, sequence }))
  }

  // `undefined` when it has to be looked at again.
  #open(log: LogState): Opened | undefined {
    this.#judge()
    const path = this.#path
    const stats = statSync(path, { throwIfNoEntry: false })
    if (!stats) return this.#make(log.logId, () => this.#goesOnAfter(log))
    // Not opened, which some devices take for a sign.
    if (!stats.isFile()) throw noFile(path)
    let goesOn = 0
    const opened = holding(openSync(path, APPENDING), (file) => {
      return this.#examine(file, log, (sequence) => {
        goesOn = sequence
      })
    })
    if (opened) return opened
    setAside(path)
    return this.#make(log.logId, () => goesOn)
  }

  // `undefined` for one of a log that the store had before (reset, restored, replaced by an older copy), and
  // for one with secrets where none may be written; then the next one goes on where it ends.
  #examine(
    descriptor: number,
    log: LogState,
    goOn: (sequence: number) => void,
  ): Opened | undefined {
    const path = this.#path
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) throw noFile(path)
    const { size } = stats
    const head = readHead(descriptor, size)
    if (head === 'torn') {
      // Killed while it was begun, or emptied: what there is of it is no line yet.
      ftruncateSync(descriptor, 0)
      return this.#begin(descriptor, log.logId, this.#goesOnAfter(log))
    }
    if (head === undefined) throw noMirror(path)
    refuseOthers(path, head, { store: this.#store, logId: log.logId })
    if (head.isRedacted && !this.#isRedacting) throw withoutSecrets(path)
    const end = readEnd(descriptor, size)
    const sequence = end.sequence ?? head.sequence
    // The log's end is asked after the file was read: others commit, and write here, all the time.
    if (head.logId !== log.logId || sequence > log.head()) return undefined
    if (this.#isRedacting && !head.isRedacted) {
      goOn(sequence)
      return undefined
    }
    return { file: new OpenFile({ descriptor, size, fragment: end.fragment }), sequence }
  }

  // Before it is opened: closing a file that SQLite has open would drop its locks.
  #judge(): void {
    if (fileIdentity(this.#store) !== this.#storeIdentity) throw storeReplaced(this.#store)
    const identity = fileIdentity(this.#path)
    if (identity === this.#judged) return
    refuseOwnFile(this.#path, this.#store)
    this.#judged = identity
  }

  // `undefined` when somebody else was faster.
  #make(logId: string, goesOnAfter: () => number): Opened | undefined {
    const path = this.#path
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    try {
      const flags = APPENDING | constants.O_CREAT | constants.O_EXCL
      return holding(openSync(path, flags, 0o600), (file) => {
        return this.#begin(file, logId, goesOnAfter())
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return undefined
      throw linkToNothing(path)
    }
  }

  #begin(descriptor: number, logId: string, sequence: number): Opened {
    const line = this.headLine(logId, sequence)
    writeAll(descriptor, line)
    return { file: new OpenFile({ descriptor, size: line.length }), sequence }
  }

  // After the last that is known to be mirrored.
  #goesOnAfter({ logId, head, mirrored }: LogState): number {
    const said = [lastBeside(this.#path, { store: this.#store, logId }), mirrored()]
    const end = head()
    // Of a store that was put back to an older copy, it goes on from the start.
    return Math.max(0, ...said.filter((one) => one <= end))
  }

  #madeAnew(): Error {
    return new StoreError('IO', `${this.#path} is made anew all the time`, {
      hint: 'what is missing is written when whoever does that has ended',
    })
  }
}

function withoutSecrets(path: string): StoreError {
  return refused(
    `${path} is without secrets, and this would write some`,
    'write it with isRedacting (holdfast mirror --redact), or name another file',
  )
}

// Whoever gets a file closes it; what nobody gets is closed here.
function holding(
  descriptor: number,
  use: (descriptor: number) => Opened | undefined,
): Opened | undefined {
  let opened: Opened | undefined
  try {
    opened = use(descriptor)
    return opened
  } finally {
    if (!opened) closeSync(descriptor)
  }
}
