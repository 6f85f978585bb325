import { expect, test } from 'vitest'
import { documents, textOf } from './code-blocks.ts'
import { type ExportedName, entries, exportedNames, type Member } from './exported-names.ts'

const SOURCES: Readonly<Record<string, string>> = {
  'src/index.ts': `
export { type Store, openStore as open } from './kernel/open.ts'
export * from './kernel/errors.ts'
`,
  'src/kernel/open.ts': `
/** A store. */
export interface Store {}
/** Opens. */
export function openStore(path: string): Store
export function openStore(path: string, mode?: string): Store {}
`,
  'src/kernel/errors.ts': `
/** The codes. */

export const CODES = []
const unrelated = 1
export class StoreError {}
`,
}

test('names are followed to their declarations, with or without TSDoc', () => {
  const names = exportedNames('src/index.ts', (file) => SOURCES[file] ?? '')
  expect(names.map(({ name, hasTsDoc }) => [name, hasTsDoc])).toEqual([
    ['Store', true],
    ['open', true],
    ['CODES', true],
    ['StoreError', false],
  ])
})

test('the members of an interface are told, with or without TSDoc, and no one else’s', () => {
  const text = `
/** One. */
export interface One<T> extends Zero {
  /** Two. */
  readonly two?: { readonly three: T }
  four(five: string): void
  get<Six>(sql: string): Six
  /** The same. */
  get(sql: number): void
}
/** Seven. */
export type Seven = {
  readonly eight: number
}
`
  const names = exportedNames('a.ts', () => text)
  const told = names.map(({ members }) => members.map(({ name, hasTsDoc }) => [name, hasTsDoc]))
  expect(told).toEqual([
    [
      ['two', true],
      ['four', false],
      ['get', false],
    ],
    [],
  ])
})

test('a name that is not there is an error', () => {
  const read = () => "export { gone } from './b.ts'"
  expect(() => exportedNames('a.ts', (file) => (file === 'a.ts' ? read() : ''))).toThrow('gone')
})

// The kernel's reference; a module's names stand in the README of its folder.
const REFERENCE = ['docs/api.md', 'docs/modules.md']

// What a program writes down itself; results are looked at where they come, with their own comments.
const GIVEN_OR_CALLED =
  /(?:Options|Transaction|ModuleDefinition|Filter|Request|Log|Store|Live|Window|Cursor)$|^New[A-Z]/
// Given as well, and called by what they are.
const GIVEN = ['RunName', 'Outcome', 'EmittedEvent', 'AnswerActivity', 'FileDiff', 'Letter']

const isGiven = ({ name }: ExportedName) => GIVEN_OR_CALLED.test(name) || GIVEN.includes(name)

const referenceOf = (file: string): readonly string[] => {
  const [, folder] = /^(src\/modules\/\w+)\//.exec(file) ?? []
  return folder ? [`${folder}/README.md`] : REFERENCE
}

// Not a search for the letters: `list` must stand in code or in a heading.
const codeIn = (files: readonly string[]): string =>
  documents()
    .filter((document) => files.includes(document))
    .flatMap((document) => textOf(document).match(/```[\s\S]*?```|`[^`]+`|^#+ .*/gm) ?? [])
    .join('\n')

for (const [entry, file] of entries()) {
  test(`every export of '${entry}' is in ${referenceOf(file).join(' or ')}`, () => {
    const code = codeIn(referenceOf(file))
    const absent = exportedNames(file).filter(({ name }) => !new RegExp(`\\b${name}\\b`).test(code))
    expect(absent.map(({ name }) => name)).toEqual([])
  })

  test(`every export of '${entry}' has TSDoc above it`, () => {
    const bare = exportedNames(file).filter(({ hasTsDoc }) => !hasTsDoc)
    expect(bare.map((one) => `${one.name} in ${one.file}`)).toEqual([])
  })

  test(`what is given to '${entry}' or called on it is in ${referenceOf(file).join(' or ')} by its name`, () => {
    const code = codeIn(referenceOf(file))
    const absent = membersOf(exportedNames(file)).filter(
      ([, { name }]) => !new RegExp(`\\b${name}\\b`).test(code),
    )
    expect(absent.map(([type, { name }]) => `${type}.${name}`)).toEqual([])
  })

  test(`what is given to '${entry}' or called on it has TSDoc above it`, () => {
    const bare = membersOf(exportedNames(file)).filter(([, { hasTsDoc }]) => !hasTsDoc)
    expect(bare.map(([type, { name }]) => `${type}.${name}`)).toEqual([])
  })
}

function membersOf(names: readonly ExportedName[]): (readonly [string, Member])[] {
  return names
    .filter(isGiven)
    .flatMap(({ name, members }) => members.map((member) => [name, member] as const))
}
