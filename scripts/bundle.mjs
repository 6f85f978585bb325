/**
 * Makes few files of the built kernel: `node scripts/bundle.mjs` after the compiler, in dist/bundle/.
 *
 * To load its 180 files one by one takes Node longer than to open a store does. What opening, reading
 * and appending need becomes one file; what a program may never ask for is loaded at its first call
 * (late-imports.mjs). They are CommonJS, the one form that can be loaded in the middle of a
 * synchronous call. dist/index.js has the same exports as before, and the compiled files stay.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { bundleCli } from './bundle-cli.mjs'
import { isLateBuiltin, lateImports } from './late-imports.mjs'
import { LATE_MODULES } from './late-modules.mjs'
import { withPlainExports } from './plain-exports.mjs'

const DIST = fileURLToPath(new URL('../dist', import.meta.url))
const INDEX = join(DIST, 'index.js')
const BUNDLE = join(DIST, 'bundle')
const UNFINISHED = join(DIST, '.bundle')

const compiled = (name) => join(DIST, 'kernel', `${name}.js`)
const late = Object.fromEntries(
  LATE_MODULES.map((name) => [`late-${name.split('/').at(-1)}`, compiled(name)]),
)
const names = Object.keys(await import(pathToFileURL(INDEX).href))

// Left by a run that was interrupted, it would be copied along.
rmSync(UNFINISHED, { recursive: true, force: true })
await writeBundle({ kernel: INDEX, ...late }, 'kernel-core', await modulesOf(INDEX))
// Started as processes of their own by files that are now beside them. They need little of the rest.
await writeBundle({
  'backup-child': compiled('maintenance/backup/backup-child'),
  'query-child': compiled('maintenance/query/query-child'),
})
// Written over and not emptied: another run of this checkout may be executing from it.
mkdirSync(BUNDLE, { recursive: true })
for (const name of readdirSync(UNFINISHED)) {
  const code = readFileSync(join(UNFINISHED, name), 'utf8')
  writeFileSync(join(BUNDLE, name), inAscii(withPlainExports(code)))
}
rmSync(UNFINISHED, { recursive: true })
await bundleCli(DIST)
// Last: until then what was compiled is whole, and afterwards what was bundled.
writeFileSync(
  INDEX,
  `import kernel from './bundle/kernel.cjs'\n\nexport const {\n  ${names.join(',\n  ')},\n} = kernel\n`,
)

async function writeBundle(input, core, coreModules) {
  const bundle = await open(input, core === undefined ? [] : [lateImports(late)])
  const isCore = (id) => coreModules.has(id)
  await bundle.write({
    dir: UNFINISHED,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'shared-[name].cjs',
    // A sixth of the files, read at every start; they stand in those beside and in the types.
    comments: false,
    ...(core === undefined ? {} : { codeSplitting: { groups: [{ name: core, test: isCore }] } }),
  })
  await bundle.close()
}

/** What is loaded with `file`, without what is loaded late. */
async function modulesOf(file) {
  const bundle = await open({ file }, [lateImports(late)])
  const { output } = await bundle.generate({ format: 'cjs' })
  await bundle.close()
  return new Set(output.flatMap(({ modules }) => Object.keys(modules)))
}

function open(input, plugins) {
  const isOwn = (id) => plugins.length > 0 && isLateBuiltin(id)
  const external = (id) => /^(?:node:|bun:|better-sqlite3)/.test(id) && !isOwn(id)
  return rolldown({ input, platform: 'node', external, plugins })
}

// One typographic mark makes V8 hold, and read, two bytes for every character of a file.
function inAscii(code) {
  const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return code.replaceAll(/[^\0-\x7f]/g, escaped)
}
