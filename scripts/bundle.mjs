/**
 * Makes one file of the built kernel: `node scripts/bundle.mjs` after the compiler, in dist/.
 *
 * Loading its 180 files takes Node longer than opening a store does; as one file `holdfast status`
 * takes 2.5 times an empty `node -e 0` instead of 3.4. Nothing else changes: dist/index.js has the
 * same exports, and the files beside it stay for whoever reads them.
 */
import { copyFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const DIST = fileURLToPath(new URL('../dist', import.meta.url))
const UNFINISHED = join(DIST, '.bundle')

// Left by a run that was interrupted, it would be copied along.
rmSync(UNFINISHED, { recursive: true, force: true })
const bundle = await rolldown({
  input: {
    index: join(DIST, 'index.js'),
    // Started as processes of their own by files that are now beside them.
    'backup-child': join(DIST, 'kernel/maintenance/backup/backup-child.js'),
    'query-child': join(DIST, 'kernel/maintenance/query/query-child.js'),
  },
  platform: 'node',
  external: [/^node:/, /^bun:/, 'better-sqlite3'],
})
await bundle.write({
  dir: UNFINISHED,
  format: 'esm',
  chunkFileNames: 'kernel-[name].js',
  // A sixth of the file, read at every start; they stand in the files beside it and in the types.
  comments: false,
})
await bundle.close()
// index.js last: until then what was compiled is whole, and afterwards what was bundled.
const files = readdirSync(UNFINISHED).filter((name) => name !== 'index.js')
for (const name of [...files, 'index.js']) copyFileSync(join(UNFINISHED, name), join(DIST, name))
rmSync(UNFINISHED, { recursive: true })
