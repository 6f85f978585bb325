/**
 * Makes few files of the built command line program, in dist/cli/: one for every start, one a command.
 * Each of its small files would cost a start a millisecond. The library stays a file of its own, for a
 * module of the user's must meet the same one.
 */
import { writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { rolldown } from 'rolldown'

/** Bundles what the compiler made in `dist`/cli; dist/cli/main.js starts the bundle afterwards. */
export async function bundleCli(dist) {
  const folder = join(dist, 'cli')
  const isOwn = (id, importer) =>
    /^[./]/.test(id) && resolve(dirname(importer ?? id), id).startsWith(`${folder}/`)
  const bundle = await rolldown({
    input: { main: join(folder, 'main.js') },
    platform: 'node',
    external: (id, importer) => !isOwn(id, importer),
  })
  const { output } = await bundle.generate({
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'bundle-[name].js',
    comments: false,
  })
  await bundle.close()
  // The entry last: until then it starts what was compiled.
  const entryLast = output.toSorted((a, b) => Number(a.isEntry) - Number(b.isEntry))
  for (const { fileName, code } of entryLast) writeFileSync(join(folder, fileName), code)
}
