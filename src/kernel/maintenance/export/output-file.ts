/**
 * Writing a file whole or not at all: under another name first, then made safe on the disk, then
 * moved into place. What is in place already stays, unless it may be replaced. What a killed writer left is
 * removed by the next one of the same file: no handler of a signal runs in the middle of an export, which is
 * one turn of the event loop.
 */
import {
  closeSync,
  fdatasync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { BOOLEAN, checkArgument, checkOptions, FUNCTION, PATH } from '../../arguments.ts'
import { sleepSync } from '../../connection/busy-wait.ts'
import { StoreError } from '../../errors.ts'
import { outputError } from './output-errors.ts'
import { refuseDatabase } from './replaceable.ts'
import { UnfinishedFiles } from './unfinished-file.ts'

/** Options of {@link writeFileWhole}. */
export interface OutputFileOptions {
  /** Replaces a file that is there, but no database. Default false. */
  readonly isReplacing?: boolean
}

/** Writes `path` from what `produce` gives to `write`; nothing of it is seen before all of it. */
export function writeFileWhole<Result>(
  path: string,
  produce: (write: (bytes: Uint8Array) => void) => Result,
  options: OutputFileOptions = {},
): Result {
  checkArgument('writeFileWhole: the path', path, PATH)
  checkArgument('writeFileWhole: what produces it', produce, FUNCTION)
  checkOptions('writeFileWhole', options, { isReplacing: BOOLEAN })
  return writeWhole(path, produce, { ...options, unfinished: new UnfinishedFiles() })
}

/** The same of one file of many. */
export function writeWhole<Result>(
  path: string,
  produce: (write: (bytes: Uint8Array) => void) => Result,
  options: WriteOptions,
): Result {
  try {
    return writeAndMove(path, produce, options)
  } catch (error) {
    throw outputError(path, error)
  }
}

type WriteOptions = OutputFileOptions & { readonly unfinished: UnfinishedFiles }

function writeAndMove<Result>(
  path: string,
  produce: (write: (bytes: Uint8Array) => void) => Result,
  options: WriteOptions,
): Result {
  const { isReplacing = false } = options
  if (isReplacing) refuseDatabase(path)
  options.unfinished.removeLeftovers(path)
  const unfinished = options.unfinished.nameFor(path)
  // `wx` refuses a name that exists, a symbolic link included.
  const file = openSync(unfinished, 'wx', 0o600)
  try {
    let result: Result
    try {
      result = produce(startingEarly(file))
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    if (isReplacing) renameSync(unfinished, path)
    else link(unfinished, path)
    syncFolder(dirname(path))
    return result
  } finally {
    rmSync(unfinished, { force: true })
  }
}

// The disk begins while the rest is still being made, which takes an eighth off an export of 80 MB.
// What tells whether all of it arrived is the `fsync` behind it, so nobody waits for these or asks how
// they ended.
function startingEarly(file: number): (bytes: Uint8Array) => void {
  let waiting = 0
  return (bytes) => {
    writeAll(file, bytes)
    waiting += bytes.length
    if (waiting < EARLY_BYTES) return
    waiting = 0
    fdatasync(file, () => undefined)
  }
}

const EARLY_BYTES = 8 * 1024 * 1024

/** Writes all of `bytes` to a descriptor, waiting for a slow reader of a pipe. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(file, bytes, written)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      sleepSync(PIPE_WAIT_MS)
    }
  }
}

const PIPE_WAIT_MS = 2

function link(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new StoreError('ARGUMENT_INVALID', `there is a file at ${to} already`, {
      hint: 'name another, or replace it with --force',
      cause,
    })
  }
}

/** Makes the names in a folder safe on the disk. */
export function syncFolder(path: string): void {
  // Windows has no such thing; there a rename is as safe as it gets.
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
