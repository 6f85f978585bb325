/** A store in place of one that is not there yet, for dry runs: they make no file of its name. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ModuleMap, openStore } from '../index.ts'

/** Gives `use` the path of an empty store with the modules, which is gone afterwards. */
export async function onStandIn<Result>(
  modules: ModuleMap,
  use: (path: string) => Result | Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-plan-'))
  try {
    const path = join(folder, 'plan.db')
    openStore(path, modules).close()
    return await use(path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
