/** The generic rule for files that no module knows, with the names that they get. */
import { identityOfFile } from './file-identity.ts'
import {
  collectionDecision,
  documentDecision,
  type GenericDecision,
  layoutOfImporter,
  whyCollection,
} from './generic-decision.ts'
import { logImporter, longDocumentImporter } from './generic-importers.ts'
import { hasIds, type Layout, layoutOf, shapeOf } from './json-shape.ts'
import type { KnownSources } from './known-sources.ts'
import { beginningOf, type LogFile, LogNames } from './name-logs.ts'
import { NamesInUse } from './names-in-use.ts'
import type { Attempt, Candidate, PlanContext } from './plan.ts'
import { JsonDocument } from './readers/json-document.ts'
import { readJsonFile } from './readers/json-reader.ts'
import { readJsonl } from './readers/jsonl-reader.ts'
import { LONG_LINE_BYTES } from './readers/line-source.ts'
import { freeName, isLinesName, nameOfFile } from './source-name.ts'
import { looksUnchanged } from './source-reading.ts'

/** Decides on the files of one plan. */
export class GenericRule {
  /** Definitions of the collections and documents that are to be made, by name. */
  readonly newShapes: Map<string, string> = new Map()
  readonly #context: PlanContext
  readonly #known: KnownSources
  readonly #names: NamesInUse
  readonly #logs = new Map<string, LogFile>()
  readonly #logNames: LogNames

  constructor(
    context: PlanContext,
    known: KnownSources,
    {
      candidates,
      attempt,
    }: { readonly candidates: readonly Candidate[]; readonly attempt: Attempt },
  ) {
    this.#context = context
    this.#known = known
    this.#names = new NamesInUse(context.connection, context.modules, context.reserved)
    for (const candidate of candidates) {
      const { file, own } = candidate
      if (own) continue
      const log = attempt(file, () => (this.#isLog(candidate) ? beginningOf(file) : undefined))
      if (log) this.#logs.set(file.path, log)
    }
    const unnamed = candidates.filter(({ file, wanted }) => {
      return this.#logs.has(file.path) && !wanted?.name && !this.#targetBefore(file.path, 'events')
    })
    this.#logNames = new LogNames(
      context.connection,
      this.#names,
      unnamed.flatMap(({ file }) => this.#logs.get(file.path) ?? []),
    )
  }

  /** What a file becomes; a string says why nothing. */
  decide(candidate: Candidate): GenericDecision | string {
    const log = this.#logs.get(candidate.file.path)
    if (log) return this.#decideLog(candidate, log)
    const { path } = candidate.file
    const before = this.#shapeBefore(candidate)
    if (before) return before
    const document = this.#readable(path)
    if (!document) return this.#documentOf(candidate, 'cannot be read: see rejects')
    return this.#decideJson(candidate, document)
  }

  // Of a document that is broken what is left of it; a long one is not mended.
  #readable(path: string): JsonDocument | undefined {
    const document = JsonDocument.read(path)
    if (document.isTooLong) return undefined
    if (document.isLong || document.isWhole()) return document
    const result = readJsonFile(path)
    return result.kind === 'value' ? new JsonDocument(Buffer.from(result.text)) : undefined
  }

  #decideLog({ file, wanted }: Candidate, log: LogFile): GenericDecision {
    const before = wanted ? undefined : this.#targetBefore(file.path, 'events')
    const name = wanted?.name ?? before ?? this.#logNames.nameOf(log)
    return {
      becomes: 'events',
      name,
      target: `events:${name}`,
      importer: logImporter(name),
      importerName: 'events',
      key: null,
      firstHash: log.firstHash,
      namedBy: wanted?.name !== undefined ? 'caller' : before !== undefined ? 'ledger' : 'plan',
      why:
        before === undefined
          ? `JSON lines: events import.${name}.recorded`
          : this.#known.whyBefore(file.path),
      alternative: 'events:another_name',
    }
  }

  #decideJson(candidate: Candidate, document: JsonDocument): GenericDecision | string {
    const { wanted } = candidate
    const shape = shapeOf(document)
    if (wanted?.kind === 'document') return this.#documentOf(candidate, 'as asked')
    if (wanted?.kind === 'collection') {
      const key = wanted.key ?? (shape.kind === 'collection' ? shape.key : 'id')
      return this.#collectionOf(candidate, { key, why: 'as asked', document })
    }
    switch (shape.kind) {
      case 'empty':
        return 'nothing in it yet'
      case 'document':
        if (document.isLong) return this.#longDocumentOf(candidate)
        return this.#documentOf(candidate, 'JSON that is neither a list nor a map of named objects')
      case 'collection': {
        const why = whyCollection(shape)
        return this.#collectionOf(candidate, { key: shape.key, why, document })
      }
    }
  }

  // What was imported before goes where it went, whatever its content looks like by now.
  #shapeBefore(candidate: Candidate): GenericDecision | undefined {
    const { wanted, file } = candidate
    if (wanted) return undefined
    const collection = this.#targetBefore(file.path, 'collection')
    const key = collection === undefined ? undefined : this.#names.shapeOf(collection)?.key
    if (collection !== undefined && key !== undefined) {
      this.#names.give(collection, file.path)
      const why = this.#known.whyBefore(file.path)
      return collectionDecision(collection, key, why, this.#layoutBefore(file.path))
    }
    const document = this.#targetBefore(file.path, 'document')
    if (document === undefined || this.#names.shapeOf(document)?.kind !== 'document') {
      return undefined
    }
    this.#names.give(document, file.path)
    return documentDecision(document, this.#known.whyBefore(file.path))
  }

  #collectionOf(
    { file, wanted }: Candidate,
    { key, why, document }: { key: string; why: string; document: JsonDocument },
  ): GenericDecision {
    const own = wanted?.name ?? nameOfFile(file.relativePath)
    const known = this.#names.shapeOf(own)
    const decide = (name: string, itsKey: string, itsWhy: string) => {
      const isThere = this.#targetBefore(file.path, 'collection') === name
      const layout = isThere ? this.#layoutBefore(file.path) : layoutOf(document, itsKey)
      return collectionDecision(name, itsKey, itsWhy, layout)
    }
    const fits =
      known?.kind === 'collection' &&
      known.key !== undefined &&
      !this.#names.isGivenToAnother(own, file.path) &&
      (wanted?.name === undefined
        ? this.#isFree(own, file.path, 'collection') && hasIds(document, known.key)
        : // Asked for by name: what has no id is a reject, not a reason for another table.
          key === known.key || hasIds(document, known.key))
    if (fits && known.key !== undefined) {
      this.#names.give(own, file.path)
      return decide(own, known.key, `${why}; into the collection that is there`)
    }
    const name = this.#newName(file.relativePath, wanted?.name, file.path)
    const shape = { kind: 'collection', version: 1, key, unique: [], index: [] }
    this.newShapes.set(name, JSON.stringify(shape))
    return decide(name, key, why)
  }

  // A source that changes its layout stays the source that it is: its rows are known by it.
  #layoutBefore(path: string): Layout {
    return layoutOfImporter(this.#known.lastOf(path)?.importer)
  }

  #documentOf({ file, wanted }: Candidate, why: string): GenericDecision {
    const own = wanted?.name ?? nameOfFile(file.relativePath)
    const isThere =
      this.#names.shapeOf(own)?.kind === 'document' &&
      !this.#names.isGivenToAnother(own, file.path) &&
      (wanted?.name !== undefined || this.#isFree(own, file.path, 'document'))
    if (isThere) {
      this.#names.give(own, file.path)
      return documentDecision(own, `${why}; into the document that is there`)
    }
    const name = this.#newName(file.relativePath, wanted?.name, file.path)
    this.newShapes.set(name, JSON.stringify({ kind: 'document', version: 1 }))
    return documentDecision(name, why)
  }

  #longDocumentOf({ file }: Candidate): GenericDecision {
    const before = this.#targetBefore(file.path, 'long-document')
    const name = before ?? freeName(file.relativePath, (one) => this.#names.isLogTaken(one))
    this.#names.giveLog(name)
    return {
      becomes: 'events',
      name,
      target: `long-document:${name}`,
      importer: longDocumentImporter(name),
      importerName: 'long-document',
      key: null,
      firstHash: null,
      namedBy: 'plan',
      why: `too large for a table: one event import.${name}.recorded`,
      alternative: 'document',
    }
  }

  #newName(relativePath: string, wanted: string | undefined, path: string): string {
    const name =
      wanted !== undefined && !this.#names.isTaken(wanted)
        ? wanted
        : freeName(relativePath, (one) => this.#names.isTaken(one))
    this.#names.give(name, path)
    return name
  }

  // False when another file was imported into it: two files of one name in two folders.
  #isFree(name: string, path: string, kind: string): boolean {
    const row = this.#context.connection.get<{ path: string }>(OTHER_SOURCE, [
      `${kind}:${name}`,
      path,
    ])
    return row === undefined
  }

  #isLog({ file, source, wanted }: Candidate): boolean {
    if (wanted) return wanted.kind === 'events'
    const isLines = isLinesName(source.name)
    if (isLines || (/\.log\b/i.test(source.name) && /^\s*\{/.test(source.peek()))) return true
    if (this.#targetBefore(file.path, 'events') !== undefined) return true
    const row = this.#known.find(file.path)
    if (row && looksUnchanged(row, identityOfFile(file.path))) return false
    // The objects of a list that was torn stand on lines of their own too.
    if (!/^\s*\{/.test(source.peek())) return false
    return !isWhole(file.path) && hasRecords(file.path)
  }

  #targetBefore(path: string, kind: string): string | undefined {
    const target = this.#known.lastOf(path)?.target
    return target?.startsWith(`${kind}:`) ? target.slice(kind.length + 1) : undefined
  }
}

const OTHER_SOURCE = /* sql */ `
  SELECT path FROM imports WHERE target = ? AND path <> ? AND is_current = 1 LIMIT 1`

function isWhole(path: string): boolean {
  if (JsonDocument.read(path).isWhole()) return true
  const result = readJsonFile(path, { maxBytes: LONG_LINE_BYTES })
  return result.kind === 'value' && result.rejects.length === 0
}

// A file of concatenated objects, whatever its name says.
function hasRecords(path: string): boolean {
  let records = 0
  for (const item of readJsonl({ path }, { maxRecordBytes: LONG_LINE_BYTES })) {
    if (item.kind === 'record') records++
    if (records >= 2) return true
  }
  return false
}
