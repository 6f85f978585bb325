/**
 * The code of the documents. A fence says what may be done with it:
 *
 *   ```ts                      a whole program: type-checked and run
 *   ```ts no-run               a whole program that must not run here: type-checked
 *   ```ts fragment: <reason>   not a program, and why: neither
 *
 * Other languages are not looked at. In the TSDoc of a source file an example that imports
 * the package is such a program too; the others show one call and are left alone.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url))

/** One TypeScript fence of a document. */
export interface CodeBlock {
  /** `README.md:12`, the place of the first line of code. */
  readonly place: string
  readonly use: 'run' | 'check' | 'none'
  /** Why a fragment is one; empty where none was given. */
  readonly reason: string
  readonly code: string
}

/** README.md and the pages of docs/, as paths from the project's folder. */
export function documents(): string[] {
  const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))
  const modules = readdirSync(join(ROOT, 'src/modules'))
    .map((name) => `src/modules/${name}/README.md`)
    .filter((path) => existsSync(join(ROOT, path)))
  return ['README.md', ...pages.sort().map((name) => `docs/${name}`), ...modules.sort()]
}

/** The text of a document. */
export function textOf(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8')
}

/** The TypeScript blocks of `text` in order; throws on a word after `ts` that means nothing. */
export function codeBlocks(document: string, text: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  for (const match of text.matchAll(/^```ts\b(.*)\n([\s\S]*?)^```$/gm)) {
    const [, flag = '', code = ''] = match
    const line = text.slice(0, match.index).split('\n').length + 1
    const place = `${document}:${line}`
    blocks.push({ place, code, ...useOf(flag.trim(), place) })
  }
  return blocks
}

/** The programs among the examples in a source file's TSDoc. */
export function tsDocPrograms(file: string, source: string): CodeBlock[] {
  // Lines outside of comments become empty, so that the places stay right.
  const comments = source.split('\n').map((line) => /^\s*\* ?(.*)$/.exec(line)?.[1] ?? '')
  return codeBlocks(file, comments.join('\n')).filter(({ code }) => code.includes("from 'holdfast"))
}

/** Every source file as a path from the project's folder, its tests left out. */
export function sources(): string[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => `src/${name.replaceAll('\\', '/')}`)
    .sort()
}

function useOf(flag: string, place: string): Pick<CodeBlock, 'use' | 'reason'> {
  if (flag === '') return { use: 'run', reason: '' }
  if (flag === 'no-run') return { use: 'check', reason: '' }
  const reason = /^fragment:(.*)/.exec(flag)?.[1]
  if (reason === undefined) throw new Error(`${place}: 'ts ${flag}' means nothing`)
  return { use: 'none', reason: reason.trim() }
}
