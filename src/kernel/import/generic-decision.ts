/** What the generic rule can decide of a file, with the importer that carries it out. */
import type { Importer } from '../log/importer.ts'
import { collectionImporter, documentImporter } from './generic-importers.ts'
import type { JsonShape, Layout } from './json-shape.ts'
import type { NamedBy } from './source-reading.ts'
import type { Becomes } from './types.ts'

/** What a file becomes, and who reads it. */
export interface GenericDecision {
  readonly becomes: Becomes
  /** As a plan shows it. */
  readonly name: string
  /** As the ledger has it: the records of one target are compared with each other. */
  readonly target: string
  readonly importer: Importer
  readonly importerName: string
  readonly key: string | null
  readonly firstHash: Buffer | null
  readonly namedBy: NamedBy
  readonly why: string
  /** Another way to take it, as a value of `as`. */
  readonly alternative: string
}

// As the ledger has it, where export looks it up (maintenance/export/collection-file.ts).
const IMPORTER_OF = { list: 'collection', map: 'map', 'named-map': 'named-map' } as const
const LAYOUTS = ['list', 'map', 'named-map'] as const

/** How the collection of a source was laid out that this importer read. */
export function layoutOfImporter(name: string | undefined): Layout {
  return LAYOUTS.find((layout) => IMPORTER_OF[layout] === name) ?? 'list'
}

/** Into the collection `name`, by `key`. */
export function collectionDecision(
  name: string,
  key: string,
  why: string,
  layout: Layout,
): GenericDecision {
  return {
    becomes: 'collection',
    name,
    target: `collection:${name}`,
    importer: collectionImporter(name, key),
    importerName: IMPORTER_OF[layout],
    key,
    firstHash: null,
    namedBy: 'plan',
    why,
    alternative: 'document',
  }
}

/** Into the document `name`. */
export function documentDecision(name: string, why: string): GenericDecision {
  return {
    becomes: 'document',
    name,
    target: `document:${name}`,
    importer: documentImporter(name),
    importerName: 'document',
    key: null,
    firstHash: null,
    namedBy: 'plan',
    why,
    alternative: 'collection:key=id',
  }
}

/** What a plan says of a collection. */
export function whyCollection(shape: Extract<JsonShape, { kind: 'collection' }>): string {
  return shape.layout === 'list'
    ? `a list of objects, each with its own '${shape.key}'`
    : `a map of objects, by property ('${shape.key}' in the collection)`
}
