/**
 * Who may import whom. Each line of {@link LAYERS} may import the lines above it and nothing
 * beside or below; a file imports freely within its own entry. Whatever is not listed has no
 * place yet, which is an error: a new folder is a decision, made here.
 */

/** The layers from the ground up; `/` ends a folder, `*` stands for one name. */
export const LAYERS: readonly (readonly string[])[] = [
  ['kernel/errors.ts'],
  ['kernel/arguments.ts', 'kernel/mix.ts'],
  ['kernel/driver/'],
  ['kernel/connection/'],
  ['kernel/migrations/', 'kernel/leases/', 'kernel/payloads/'],
  ['kernel/log/'],
  ['kernel/projections/'],
  [
    'kernel/content/',
    'kernel/follow/',
    'kernel/collections/',
    'kernel/import/',
    'kernel/mirror/',
    'kernel/maintenance/',
  ],
  ['kernel/open/'],
  ['index.ts'],
  ['modules/*/', 'testing/'],
  ['dashboard/'],
  ['cli/'],
]

interface Place {
  readonly layer: number
  /** The entry with `*` filled in, so that two modules are two places. */
  readonly entry: string
}

/** Says why `from` may not import `to` (paths below src/), or `undefined` where it may. */
export function violation(from: string, to: string): string | undefined {
  const [importer, imported] = [placeOf(from), placeOf(to)]
  if (!importer) return `${from} is in no layer`
  if (!imported) return `${from} imports ${to}, which is in no layer`
  if (importer.entry === imported.entry) return undefined
  const says = `${from} imports ${to}`
  if (!from.startsWith('kernel/') && from !== 'index.ts' && to.startsWith('kernel/')) {
    return `${says}: outside src/kernel the kernel is src/index.ts`
  }
  if (imported.entry === 'testing/') return `${says}: only tests use src/testing`
  if (imported.layer >= importer.layer) {
    return `${says}: ${importer.entry} may not import ${imported.entry}`
  }
  return undefined
}

function placeOf(path: string): Place | undefined {
  for (const [layer, entries] of LAYERS.entries()) {
    for (const pattern of entries) {
      const entry = prefixOf(path, pattern)
      if (entry !== undefined) return { layer, entry }
    }
  }
  return undefined
}

function prefixOf(path: string, pattern: string): string | undefined {
  if (!pattern.endsWith('/')) return path === pattern ? pattern : undefined
  return new RegExp(`^${pattern.replaceAll('*', '[^/]+')}`).exec(path)?.[0]
}
