/**
 * Importing into an open store. What a plan finds may need collections that the program does not
 * define; the set of modules of an open kernel is fixed, so an import has a kernel of its own on the
 * same file, with those modules. The store learns of its commits as of any other process's.
 */
import { existsSync, realpathSync } from 'node:fs'
import {
  BOOLEAN,
  checkArgument,
  checkOptions,
  FUNCTION,
  type Kind,
  type Kinds,
  listOf,
  OBJECT,
  PATH,
  SIGNAL,
} from '../arguments.ts'
import { moduleFromShape } from '../collections/shape.ts'
import { readGeneration } from '../connection/generation.ts'
import { StoreError } from '../errors.ts'
import { type FollowImportOptions, followSources } from '../import/follow-sources.ts'
import { FollowedFiles } from '../import/followed-files.ts'
import { IMPORT_MODULE } from '../import/import-module.ts'
import { type FullPlan, type PlanSettings, planImport } from '../import/plan.ts'
import { runImport } from '../import/run-import.ts'
import type { ImportOptions, ImportPlan, ImportReport, PlanOptions } from '../import/types.ts'
import type { Module } from '../log/module.ts'
import { backUp, backUpShared } from '../maintenance/backup/back-up.ts'
import type { Attachment } from './attachment.ts'
import type { Kernel } from './kernel.ts'
import type { StoreBase } from './store.ts'

/** What an import needs of the store. */
export interface ImportingStore {
  readonly attachment: Attachment
  /** Names of the store's own members. */
  readonly reserved: ReadonlySet<string>
}

const AS: Kind = {
  name: "an object of texts, such as { 'state.json': 'document' }",
  fits: (value) => OBJECT.fits(value) && Object.values(Object(value)).every(isText),
}
const PATHS: Kind = listOf(PATH)
const PLAN: Kinds = { as: AS }
const FOLLOW: Kinds = { as: AS, onProgress: FUNCTION, signal: SIGNAL }
const IMPORT: Kinds = { as: AS, retire: BOOLEAN, onProgress: FUNCTION }

/** Says what an import would do; writes nothing. */
export function planStoreImport(
  store: ImportingStore,
  paths: readonly string[],
  options: PlanOptions,
): ImportPlan {
  checkArgument('planImport: paths', paths, PATHS)
  checkOptions('planImport', options, PLAN)
  const { sources, skipped, skippedCount, unusedAs } = fullPlan(store, paths, options)
  return { sources, skipped, skippedCount, unusedAs }
}

/** Imports files and folders. */
export function importIntoStore(
  store: ImportingStore,
  paths: readonly string[],
  options: ImportOptions,
): ImportReport {
  checkArgument('import: paths', paths, PATHS)
  checkOptions('import', options, IMPORT)
  const { plan, kernel } = prepare(store, paths, options, ensureSomeFit)
  try {
    const backup = backUpFirst(kernel, plan)
    return { ...runImport(targetOf(kernel), plan, options), backup }
  } finally {
    kernel.close()
  }
}

/** Imports files and folders, then what they gain, new files included, until aborted. */
export function followStoreImport(
  store: ImportingStore,
  paths: readonly string[],
  options: FollowImportOptions,
): AsyncGenerator<ImportReport, void, undefined> {
  // At the call: a generator would say so at its first step.
  checkArgument('followImport: paths', paths, PATHS)
  checkOptions('followImport', options, FOLLOW)
  return follow(store, paths, options)
}

async function* follow(
  store: ImportingStore,
  paths: readonly string[],
  options: FollowImportOptions,
): AsyncGenerator<ImportReport, void, undefined> {
  const files = new FollowedFiles(paths, store.attachment.kernel.connection.path)
  for (let isGoingOn = false; ; isGoingOn = true) {
    files.beforePlan()
    // What was there at first is waited for: a log that is being rotated ends nothing.
    const { plan, kernel } = prepare(store, paths, { ...options, mayBeGone: isGoingOn })
    try {
      backUpFirst(kernel, plan)
      const following = followSources(targetOf(kernel), plan, files, { ...options, isGoingOn })
      if (!(yield* following)) return
    } finally {
      kernel.close()
    }
  }
}

const FIND_FACT = /* sql */ `SELECT value FROM store WHERE key = ?`
const ADD_FACT = /* sql */ `INSERT OR IGNORE INTO store (key, value) VALUES (?, ?)`

/**
 * Imports `path` unless that has been done to its end. What says so is the ledger, and the mark
 * only saves looking through it: a bootstrap that was killed is gone on with.
 */
export function importOnce(store: ImportingStore, path: string): void {
  if (!existsSync(path)) return
  const mark = `importedFrom:${realpathSync(path)}`
  const { kernel } = store.attachment
  if (kernel.connection.get(FIND_FACT, [mark])) return
  const { sources } = importIntoStore(store, [path], {})
  if (sources.some(({ outcome }) => outcome === 'failed')) return
  const { clock } = kernel.context()
  kernel.connection.write(() => kernel.connection.run(ADD_FACT, [mark, clock()]))
}

/** Names that no module of a store may have, for they are the store's own. */
export function membersOf(store: StoreBase): Set<string> {
  const prototype = Object.getPrototypeOf(store) as object
  return new Set([...Object.keys(store), ...Object.getOwnPropertyNames(prototype)])
}

function prepare(
  store: ImportingStore,
  paths: readonly string[],
  options: PlanSettings,
  check: (plan: FullPlan, options: PlanOptions) => void = () => undefined,
): { plan: FullPlan; kernel: Kernel } {
  const { attachment } = store
  const { connection } = attachment.kernel
  if (connection.isReadOnly) {
    throw new StoreError('READ_ONLY', `${connection.path} is open for reading`, {
      hint: "open it with { mode: 'write' } to import",
    })
  }
  if (connection.isInTransaction) {
    throw new StoreError('ARGUMENT_INVALID', 'import was called inside read() or write()', {
      hint: 'an import has transactions of its own: call it outside',
    })
  }
  const plan = fullPlan(store, paths, options)
  check(plan, options)
  return { plan, kernel: attachment.openAnother(modulesOf(plan)) }
}

// Whoever follows may mean files that come later.
function ensureSomeFit({ unusedAs }: FullPlan, { as = {} }: PlanOptions): void {
  const [pattern] = unusedAs
  if (pattern === undefined || unusedAs.length < Object.keys(as).length) return
  throw new StoreError('ARGUMENT_INVALID', `import: no file fits '${pattern}'`, {
    hint: 'it is compared with the path below the folder that is imported, and with the name of the file',
  })
}

// Into an empty store nothing is imported that a backup could bring back.
function backUpFirst({ factory, connection, reader }: Kernel, plan: FullPlan): string | null {
  const isAsked = plan.jobs.some(
    ({ importer }, place) =>
      importer.backsUpFirst === true && plan.sources[place]?.state !== 'unchanged',
  )
  if (!isAsked || reader.head() === 0) return null
  const source = { factory, connection }
  const shared = backUpShared(source, 'before-import', readGeneration(connection))
  return (shared ?? backUp(source, 'before-import')).path
}

function fullPlan(
  { attachment, reserved }: ImportingStore,
  paths: readonly string[],
  options: PlanSettings,
): FullPlan {
  const { connection, registry } = attachment.kernel
  // One view for all of it: a table that a racing import has just made must come with its module.
  return connection.read(() => {
    const modules = new Map(registry.modules)
    for (const module of attachment.storedModules()) {
      if (!modules.has(module.name)) modules.set(module.name, module)
    }
    return planImport({ connection, modules, storePath: connection.path, reserved }, paths, options)
  })
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function modulesOf({ newShapes, hasLogs }: FullPlan): Module[] {
  const made = Array.from(newShapes, ([name, shape]) => moduleFromShape(name, shape))
  return hasLogs ? [...made, IMPORT_MODULE] : made
}

function targetOf(kernel: Kernel) {
  const { connection, registry, states, writer, reader } = kernel
  const { clock } = kernel.context()
  return { connection, registry, states, writer, reader, clock }
}
