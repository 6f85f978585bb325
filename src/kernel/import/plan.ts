/**
 * What becomes of each file: a module's importer takes it, or the generic rule says; what was
 * imported before goes where it went. Nothing is written.
 */
import type { Connection } from '../connection/connection.ts'
import type { Importer, ImportSource } from '../log/importer.ts'
import type { Module } from '../log/module.ts'
import { parseWanted, unusedOf, type Wanted, wantedFor } from './as-option.ts'
import { identityOfFile } from './file-identity.ts'
import { fileSource } from './file-source.ts'
import type { GenericDecision } from './generic-decision.ts'
import { GenericRule } from './generic-rule.ts'
import { KnownSources } from './known-sources.ts'
import type { LedgerRow } from './ledger.ts'
import { beginningOf } from './name-logs.ts'
import { isOwnText, looksSecret } from './skip-rules.ts'
import { isCompressedName, isLinesName, isLogName } from './source-name.ts'
import { type SourceJob, startOf } from './source-reading.ts'
import type { ImportPlan, PlannedImport, PlanOptions, SourceState } from './types.ts'
import { type FoundFile, findFiles, ownFilesOf, Skipped, type UnreadableFile } from './walk.ts'

/** Runs an action that reads a file; `undefined`, and noted, where that one cannot be read. */
export type Attempt = <T>(file: FoundFile, action: () => T) => T | undefined

// Whoever renames files all the time is not waited for: what is gone is reported.
const MAX_LOOKS = 3

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
  /** Last among the sources, without a job. */
  readonly unreadable: readonly UnreadableFile[]
  /** Collections and documents to be made: their stored definitions by name. */
  readonly newShapes: ReadonlyMap<string, string>
  /** True when events of unknown logs are to be stored. */
  readonly hasLogs: boolean
}

/** How a plan is made. */
export interface PlanSettings extends PlanOptions {
  /** True when what the caller named was there once, and is waited for: else it is refused where it is not. */
  readonly mayBeGone?: boolean
}

/**
 * Plans the import of `paths`, files or folders. Where a file has gone since its folder was listed the folder is
 * listed again, for it may have another name now: what is renamed meanwhile is neither missed nor at fault.
 */
export function planImport(
  context: PlanContext,
  paths: readonly string[],
  settings: PlanSettings = {},
): FullPlan {
  for (const text of Object.values(settings.as ?? {})) parseWanted(text)
  for (let looks = 1; ; looks++) {
    const plan = planOnce(context, paths, settings)
    if (looks >= MAX_LOOKS || !plan.unreadable.some(({ isGone }) => isGone)) return plan
  }
}

function planOnce(
  context: PlanContext,
  paths: readonly string[],
  { as = {}, mayBeGone = false }: PlanSettings,
): FullPlan {
  const skipped = new Skipped()
  const files = findFiles(paths, ownFilesOf(context.storePath), skipped, { mayBeGone })
  // One file of a folder keeps no other from being imported; a file that was named is asked for.
  const attempt: Attempt = (file, action) =>
    file.isNamed && !mayBeGone ? action() : skipped.attempt(file, action)
  const importers = importersOf(context.modules)
  const known = new KnownSources(context.connection)
  for (const file of files) attempt(file, () => known.look(file.path))
  const found = files.flatMap((file) => {
    if (skipped.unreadable.has(file.path)) return []
    const wanted = wantedFor(file.relativePath, as)
    const candidate = attempt(file, () => asCandidate(file, wanted, { importers, known }))
    if (candidate === undefined) return []
    if (typeof candidate !== 'string') return [candidate]
    skipped.add(file.path, candidate)
    return []
  })
  const rule = new GenericRule(context, known, { candidates: found, attempt })
  const sources: PlannedImport[] = []
  const jobs: SourceJob[] = []
  for (const candidate of found) {
    const { file } = candidate
    if (skipped.unreadable.has(file.path)) continue
    attempt(file, () => {
      const decision = candidate.own ?? rule.decide(candidate)
      if (typeof decision === 'string') {
        skipped.add(file.path, decision)
        return
      }
      const job = toJob(candidate, decision)
      const state = stateOf(known, job)
      jobs.push(job)
      sources.push(toPlanned(candidate, decision, state))
    })
  }
  const { newShapes } = rule
  const hasLogs = sources.some(({ becomes }) => becomes === 'events')
  const { files: skippedFiles, count: skippedCount } = skipped
  const unreadable = [...skipped.unreadable.values()]
  sources.push(...unreadable.map(toUnreadable))
  const unusedAs = unusedOf(
    as,
    files.map((file) => file.relativePath),
  )
  const passedOver = { skipped: skippedFiles, skippedCount, unreadable }
  return { sources, ...passedOver, unusedAs, jobs, newShapes, hasLogs }
}

function toUnreadable({ path, relativePath, problem: why }: UnreadableFile): PlannedImport {
  const rest = { override: { [relativePath]: 'skip' }, sizeBytes: 0, state: 'new' } as const
  return { path, relativePath, becomes: 'nothing', target: null, key: null, why, ...rest }
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
  wanted: Wanted | undefined,
  { importers, known }: { importers: readonly NamedImporter[]; known: KnownSources },
): Candidate | string {
  if (wanted?.kind === 'skip') return 'as asked'
  const source = fileSource(file, identityOfFile(file.path))
  if (!wanted && looksSecret(source.name)) {
    return `looks like secrets; to import it all the same, name it in as: '${source.name}'`
  }
  if (source.sizeBytes === 0) return 'empty'
  // Before any module is asked: a mirror has the name of the log that it goes on with.
  if (isOwnText(source.peek())) return 'written by Holdfast'
  const taker = wanted ? undefined : takerOf(source, importers, known.find(source.path))
  if (taker) return { file, source, wanted, own: decisionOf(taker, file, source) }
  const why = wanted ? undefined : whyNotJson(source, file.isNamed)
  if (why !== undefined) return why
  return { file, source, wanted, own: undefined }
}

// A log stays with the module that knew it by its first name.
function takerOf(
  source: ImportSource,
  importers: readonly NamedImporter[],
  row: LedgerRow | undefined,
): NamedImporter | undefined {
  return (
    importers.find(({ importer }) => importer.matches(source)) ??
    importers.find(({ module, importer }) => {
      return row?.format === 'jsonl' && row.importer === `${module}:${importer.name}`
    })
  )
}

function whyNotJson(source: ImportSource, isNamed: boolean): string | undefined {
  const { name } = source
  if (/\.json$/i.test(name) || isLinesName(name)) return undefined
  if (isCompressedName(name)) return 'compressed: unpack it to import it'
  const head = source.peek()
  if (SQLITE.test(head)) return 'no importer here reads this SQLite file'
  if (!/^\s*[[{]/.test(head)) return 'no importer knows it'
  if (isNamed || (isLogName(name) && beginsWithRecord(head))) return undefined
  return `looks like JSON: name the file itself, or say --as ${name}=document (in a program: the option as)`
}

// By its first line, which may be longer than what is known of it.
function beginsWithRecord(head: string): boolean {
  const [first = '', ...rest] = head.trimStart().split('\n')
  if (rest.length === 0 && first.length > 1000) return /^\{\s*"/.test(first)
  try {
    const value: unknown = JSON.parse(first)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    // Then it is not JSON lines.
    return false
  }
}

function decisionOf(
  { module, importer }: NamedImporter,
  file: FoundFile,
  source: ImportSource,
): GenericDecision {
  const target = `${module}:${importer.name}`
  return {
    becomes: 'module',
    name: target,
    target,
    importer,
    importerName: target,
    key: null,
    firstHash: importer.format === 'jsonl' ? beginningOf(file).firstHash : null,
    namedBy: 'plan',
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
  const { importer, importerName, target, becomes, firstHash, namedBy } = decision
  const file = identityOfFile(source.path)
  return { source, file, importer, importerName, target, becomes, firstHash, namedBy }
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

function stateOf(known: KnownSources, job: SourceJob): SourceState {
  const { path } = job.source
  const before = known.find(path)
  if (!before) return 'new'
  const start = startOf(before, job)
  if (start.kind !== 'read') return start.kind === 'unchanged' ? 'unchanged' : 'changed'
  if (job.importer.format === 'jsonl') {
    // What is behind the last record may be the end of its line.
    const known = before.isComplete === 1 ? before.sizeBytes : before.byteOffset
    return job.file.sizeBytes > known ? 'grown' : 'unchanged'
  }
  const isSame =
    before.isComplete === 1 && start.hash?.equals(before.contentHash ?? new Uint8Array())
  return isSame ? 'unchanged' : 'changed'
}
