/**
 * The public names: what the entries of package.json's exports map let through, each followed
 * to its declaration. Read as text, so it knows the forms that this project uses: a
 * declaration, `export { a, type B, c as d } from`, and `export * from`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { ROOT } from './code-blocks.ts'

/** One name that a user can import. */
export interface ExportedName {
  readonly name: string
  /** The file that declares it, from the project's folder. */
  readonly file: string
  readonly hasTsDoc: boolean
  /** Members of an interface, in order; none of anything else, nor of what it extends. */
  readonly members: readonly Member[]
}

/** One member of an interface. */
export interface Member {
  readonly name: string
  readonly hasTsDoc: boolean
}

/** The source file of every entry of the exports map, by the entry's name. */
export function entries(): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  return new Map(
    Object.entries<{ types?: string }>(exports)
      .filter(([, { types }]) => types !== undefined)
      .map(([name, { types = '' }]) => [
        name,
        types.replace('./dist/', 'src/').replace(/\.d\.ts$/, '.ts'),
      ]),
  )
}

/** Every name that `file` exports, in order of appearance. */
export function exportedNames(
  file: string,
  read: (file: string) => string = readSource,
): ExportedName[] {
  const text = read(file)
  const from = (specifier: string) => posix.join(dirname(file), specifier)
  const own = [...text.matchAll(DECLARATION)].map((match) => ({
    name: match[1] ?? '',
    file,
    hasTsDoc: text.slice(0, match.index).trimEnd().endsWith('*/'),
    members: membersOf(match[0], text.slice(match.index)),
  }))
  const named = [...text.matchAll(NAMED)].flatMap(([, list = '', specifier = '']) => {
    const there = exportedNames(from(specifier), read)
    return namesOf(list).map(({ inner, outer }) => {
      const found = there.find(({ name }) => name === inner)
      if (!found) throw new Error(`${file}: ${specifier} does not export ${inner}`)
      return { ...found, name: outer }
    })
  })
  const all = [...text.matchAll(STAR)].flatMap(([, specifier = '']) =>
    exportedNames(from(specifier), read),
  )
  // The signatures of an overloaded function are one name, documented at the first.
  const unique = new Map<string, ExportedName>()
  for (const one of [...own, ...named, ...all]) if (!unique.has(one.name)) unique.set(one.name, one)
  return [...unique.values()]
}

const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type) ([\w$]+)/gm
const NAMED = /^export (?:type )?\{([^}]*)\} from '([^']+)'/gm
const STAR = /^export (?:type )?\* from '([^']+)'/gm

// The formatter ends a declaration with a brace of its own line, and indents members by two.
function membersOf(declaration: string, text: string): Member[] {
  if (!declaration.includes('interface ')) return []
  const body = text.slice(0, text.indexOf('\n}'))
  const members = new Map<string, Member>()
  for (const match of body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(<]/gm)) {
    const [, name = ''] = match
    const hasTsDoc = body.slice(0, match.index).trimEnd().endsWith('*/')
    // The signatures of an overloaded method are one, documented at the first.
    if (!members.has(name)) members.set(name, { name, hasTsDoc })
  }
  return [...members.values()]
}

function namesOf(list: string): { inner: string; outer: string }[] {
  return list
    .split(',')
    .map((item) => item.trim().replace(/^type /, ''))
    .filter((item) => item !== '')
    .map((item) => {
      const [inner = '', outer = inner] = item.split(/ as /)
      return { inner, outer }
    })
}

function readSource(file: string): string {
  const path = join(ROOT, file)
  if (!existsSync(path))
    throw new Error(`package.json or an export names ${file}, which is not there`)
  return readFileSync(path, 'utf8')
}
