/**
 * The part of a collection's or document's definition that is stored, so that a program which does
 * not define it can load it: names of fields, and no code.
 */
import { StoreError } from '../errors.ts'
import type { Module } from '../log/module.ts'
import { collectionModule } from './collection-module.ts'
import { documentModule } from './document-module.ts'

/** The stored definition of a collection. */
export interface CollectionShape {
  readonly kind: 'collection'
  readonly version: number
  /** The field that names an item. */
  readonly key: string
  readonly unique: readonly string[]
  readonly index: readonly string[]
}

/** The stored definition of a document. */
export interface DocumentShape {
  readonly kind: 'document'
  readonly version: number
}

/** Makes the module that a stored shape describes. */
export function moduleFromShape(name: string, text: string): Module {
  const shape = JSON.parse(text) as CollectionShape | DocumentShape
  switch (shape.kind) {
    case 'collection':
      return collectionModule(name, shape, undefined)
    case 'document':
      return documentModule(name, shape, undefined)
    default:
      throw new StoreError('STORE_NEWER', `'${name}' has a shape that this program does not know`, {
        hint: 'update this program',
      })
  }
}
