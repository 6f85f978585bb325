/**
 * A package that depends on Holdfast as a user's would, in a temporary folder: the blocks
 * become its files, the compiler checks them against the published types, and each runs in a
 * folder of its own. So the package's exports map is tested along with the text.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CodeBlock } from './code-blocks.ts'
import { ROOT } from './code-blocks.ts'

/** A document's example takes no longer than this, on a busy machine too, or it waits for something. */
const RUN_LIMIT_MS = 120_000

const COMPILER_OPTIONS = {
  target: 'es2023',
  module: 'nodenext',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  rootDir: '.',
  outDir: 'out',
}

/** Blocks made into programs; close it to remove the folder. */
export class Workshop {
  readonly #folder: string
  readonly #blocks: readonly CodeBlock[]
  readonly #compilerOutput: string

  constructor(blocks: readonly CodeBlock[]) {
    this.#folder = mkdtempSync(join(tmpdir(), 'holdfast-docs-'))
    this.#blocks = blocks
    linkPackages(join(this.#folder, 'node_modules'))
    writeFileSync(join(this.#folder, 'package.json'), '{ "type": "module" }')
    const config = { compilerOptions: COMPILER_OPTIONS, include: ['block-*.ts'] }
    writeFileSync(join(this.#folder, 'tsconfig.json'), JSON.stringify(config))
    for (const [index, block] of blocks.entries()) {
      // Without an import or export TypeScript takes a file for a script, where await is an error.
      writeFileSync(join(this.#folder, `block-${index}.ts`), `${block.code}\nexport {}\n`)
    }
    this.#compilerOutput = this.#node([join(ROOT, 'node_modules/typescript/bin/tsc')]).output
  }

  /** What the compiler says against a block, with the document's own line numbers. */
  complaints(block: CodeBlock): string[] {
    const [document, first] = block.place.split(/:(?=\d+$)/)
    const mine = new RegExp(
      `^block-${this.#blocks.indexOf(block)}\\.ts\\((\\d+),\\d+\\): (.*)$`,
      'gm',
    )
    return [...this.#compilerOutput.matchAll(mine)].map(
      ([, line, message]) => `${document}:${Number(first) + Number(line) - 1}: ${message}`,
    )
  }

  /** Runs a block in an empty folder; `status` is its exit code, or null when it did not end. */
  run(block: CodeBlock): { readonly status: number | null; readonly output: string } {
    const index = this.#blocks.indexOf(block)
    const cwd = join(this.#folder, `run-${index}`)
    mkdirSync(cwd)
    return this.#node([join(this.#folder, `out/block-${index}.js`)], cwd)
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #node(args: readonly string[], cwd = this.#folder) {
    const options = {
      cwd,
      encoding: 'utf8',
      timeout: RUN_LIMIT_MS,
      env: userEnvironment(cwd),
    } as const
    const { status, stdout, stderr } = spawnSync(process.execPath, args, options)
    return { status, output: `${stdout}${stderr}` }
  }
}

// An example behaves as at a user's: no sign of a test runner, and a home that is thrown away.
function userEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_ENV$|TEST$)/.test(name),
  )
  return { ...Object.fromEntries(kept), HOME: home, USERPROFILE: home, XDG_DATA_HOME: home }
}

function linkPackages(folder: string): void {
  mkdirSync(join(folder, '@types'), { recursive: true })
  symlinkSync(ROOT, join(folder, 'holdfast'), 'junction')
  const { dependencies = {} } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  for (const name of ['@types/node', ...Object.keys(dependencies)]) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, name), 'junction')
  }
}
