/**
 * What becomes of each file: a module's importer takes it, or the generic rule says; what was
 * imported before goes where it went. Nothing is written.
 */
import type { Connection } from '../connection/connection.ts'
import type { Importer, ImportSource } from '../log/importer.ts'
import type { Module } from '../log/module.ts'
import { parseWanted, type Wanted, wantedFor } from './as-option.ts'
import { fileSource } from './file-source.ts'
import { type GenericDecision, GenericRule } from './generic-rule.ts'
import { findSource } from './ledger.ts'
import { isOwnText, looksSecret } from './skip-rules.ts'
import { identityOfFile, type SourceJob, startOf } from './source-reading.ts'
import type { ImportPlan, PlannedImport, PlanOptions, SourceState } from './types.ts'
import { type FoundFile, findFiles, ownFilesOf, Skipped } from './walk.ts'

const SQLITE = /^SQLite format 3\0/

/** What a plan is made from. */
export interface PlanContext {
  readonly connection: Connection
  /** Everything loaded, collections and documents of the store included. */
  readonly modules: ReadonlyMap<string, Module>
  readonly storePath: string
  /** Names that no collection or document may get: they are members of every store. */
  readonly reserved: ReadonlySet<string>
}

/** A plan, and what carrying it out needs. */
export interface FullPlan extends ImportPlan {
  readonly jobs: readonly SourceJob[]
  /** Collections and documents to be made: their stored definitions by name. */
  readonly newShapes: ReadonlyMap<string, string>
  /** True when events of unknown logs are to be stored. */
  readonly hasLogs: boolean
}

/** Plans the import of `paths`, files or folders. */
export function planImport(
  context: PlanContext,
  paths: readonly string[],
  { as = {} }: PlanOptions = {},
): FullPlan {
  for (const text of Object.values(as)) parseWanted(text)
  const skipped = new Skipped()
  const files = findFiles(paths, ownFilesOf(context.storePath), skipped)
  const importers = importersOf(context.modules)
  const found = files.flatMap((file) => {
    const candidate = asCandidate(file, importers, wantedFor(file.relativePath, as))
    if (typeof candidate !== 'string') return [candidate]
    skipped.add(file.path, candidate)
    return []
  })
  const rule = new GenericRule(context, found)
  const sources: PlannedImport[] = []
  const jobs: SourceJob[] = []
  for (const candidate of found) {
    const decision = candidate.own ?? rule.decide(candidate)
    if (typeof decision === 'string') {
      skipped.add(candidate.file.path, decision)
      continue
    }
    const job = toJob(candidate, decision)
    jobs.push(job)
    sources.push(toPlanned(candidate, decision, stateOf(context.connection, job)))
  }
  const { newShapes } = rule
  const hasLogs = sources.some(({ becomes }) => becomes === 'events')
  const { files: skippedFiles, count: skippedCount } = skipped
  return { sources, skipped: skippedFiles, skippedCount, jobs, newShapes, hasLogs }
}

/** A file that something takes. */
export interface Candidate {
  readonly file: FoundFile
  readonly source: ImportSource
  readonly wanted: Wanted | undefined
  /** Set when a module's importer takes it. */
  readonly own: GenericDecision | undefined
}

interface NamedImporter {
  readonly module: string
  readonly importer: Importer
}

function importersOf(modules: ReadonlyMap<string, Module>): NamedImporter[] {
  return [...modules.values()].flatMap(({ name, importers = [] }) =>
    importers.map((importer) => ({ module: name, importer })),
  )
}

// A string says why the file is passed over.
function asCandidate(
  file: FoundFile,
  importers: readonly NamedImporter[],
  wanted: Wanted | undefined,
): Candidate | string {
  if (wanted?.kind === 'skip') return 'as asked'
  const source = fileSource(file, identityOfFile(file.path))
  if (!wanted && looksSecret(source.name)) {
    return `looks like secrets; to import it all the same, name it in as: '${source.name}'`
  }
  if (source.sizeBytes === 0) return 'empty'
  const taker = wanted ? undefined : importers.find(({ importer }) => importer.matches(source))
  if (taker) return { file, source, wanted, own: decisionOf(taker, source) }
  const isJson = /\.(json|jsonl|ndjson)$/i.test(source.name)
  if (!isJson && !wanted && !(file.isNamed && /^\s*[[{]/.test(source.peek()))) {
    return SQLITE.test(source.peek())
      ? 'no importer here reads this SQLite file'
      : 'no importer knows it'
  }
  if (isOwnText(source.peek())) return 'written by Holdfast'
  return { file, source, wanted, own: undefined }
}

function decisionOf({ module, importer }: NamedImporter, source: ImportSource): GenericDecision {
  const target = `${module}:${importer.name}`
  return {
    becomes: 'module',
    name: target,
    target,
    importer,
    importerName: target,
    key: null,
    firstHash: null,
    mayMove: false,
    why: `the module '${module}' knows this kind of file`,
    alternative: withoutModules(source),
  }
}

// What the generic rule can make of any file of its kind; it reads nothing but JSON.
function withoutModules({ name }: ImportSource): string {
  if (/\.(jsonl|ndjson)$/i.test(name)) return 'events'
  return /\.json$/i.test(name) ? 'document' : 'skip'
}

function toJob({ source }: Candidate, decision: GenericDecision): SourceJob {
  const { importer, importerName, target, becomes, firstHash, mayMove } = decision
  const file = identityOfFile(source.path)
  return { source, file, importer, importerName, target, becomes, firstHash, mayMove }
}

function toPlanned(
  { source }: Candidate,
  { becomes, name, key, why, alternative }: GenericDecision,
  state: SourceState,
): PlannedImport {
  const { path, relativePath, sizeBytes } = source
  const override = { [relativePath]: alternative }
  return { path, relativePath, becomes, target: name, key, why, override, sizeBytes, state }
}

function stateOf(connection: Connection, job: SourceJob): SourceState {
  const before = findSource(connection, job.source.path)
  if (!before) return 'new'
  const start = startOf(connection, job)
  if (start.kind !== 'read') return start.kind === 'unchanged' ? 'unchanged' : 'changed'
  if (job.importer.format === 'jsonl') {
    return job.file.sizeBytes > before.byteOffset ? 'grown' : 'unchanged'
  }
  const isSame =
    before.isComplete === 1 && start.hash?.equals(before.contentHash ?? new Uint8Array())
  return isSame ? 'unchanged' : 'changed'
}
