/**
 * The sources as the architecture tests see them: every shipped file of src/ with its
 * imports, read as text. Tests beside the sources are left out; they may reach anywhere.
 *
 * The scanner knows the statements of this project and no others: an import or re-export
 * starts its line (so an example in a comment is none), a dynamic import names its file.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url))

/** One import or re-export of another file or package. */
export interface Import {
  /** As written for a package; as a path below src/ for a file. */
  readonly target: string
  readonly isRelative: boolean
  /** True for `import type` and `export type`, which leave nothing in the JavaScript. */
  readonly isTypeOnly: boolean
}

/** One file of src/, by its path below it with forward slashes. */
export interface SourceFile {
  readonly path: string
  readonly lines: number
  readonly imports: readonly Import[]
}

/** Every shipped TypeScript file of src/, in order of path. */
export function sourceFiles(): SourceFile[] {
  const src = join(ROOT, 'src')
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(src, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => !/\.test\.tsx?$/.test(path))
    .sort()
    .map((path) => {
      const text = readFileSync(join(src, path), 'utf8')
      return { path, lines: text.split('\n').length - 1, imports: importsOf(path, text) }
    })
}

const CLAUSE = String.raw`(?:\*(?:\s+as\s+\w+)?|(?:\w+\s*,\s*)?\{[^}]*\}|\w+)`
const STATEMENT = new RegExp(
  String.raw`^(?:import|export)\s+(type\s+)?${CLAUSE}\s*from\s*['"]([^'"]+)['"]`,
  'gm',
)
const FOR_EFFECT = /^import\s+['"]([^'"]+)['"]/gm
const DYNAMIC = /^(?!\s*(?:\*|\/\/)).*\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm

/** The imports of one file's text; `path` is where relative ones start from. */
export function importsOf(path: string, text: string): Import[] {
  const imports: Import[] = []
  const add = (specifier: string, isTypeOnly: boolean) => {
    const isRelative = specifier.startsWith('.')
    const target = isRelative ? posix.join(dirname(path), specifier) : specifier
    imports.push({ target, isRelative, isTypeOnly })
  }
  for (const [, type, specifier = ''] of text.matchAll(STATEMENT))
    add(specifier, type !== undefined)
  for (const [, specifier = ''] of text.matchAll(FOR_EFFECT)) add(specifier, false)
  for (const [, specifier = ''] of text.matchAll(DYNAMIC)) add(specifier, false)
  return imports
}
