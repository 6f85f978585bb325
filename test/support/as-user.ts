/** Processes of a user who may not do everything: root, who may run the tests, is refused nothing. */
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { tempFolder } from './temp-folder.ts'

/** A user who owns nothing. */
export const NOBODY = 65534

/** How a worker is started as `user`; skips the test, with the reason, where that is not allowed. */
export function asUser(context: TestContext, user: number = NOBODY): { prefix: string[] } {
  const prefix = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups']
  const probe = spawnSync(prefix[0] ?? '', [...prefix.slice(1), process.execPath, '--version'])
  context.skip(probe.status !== 0, 'no process can be started here as another user')
  return { prefix }
}

/** A folder that everybody may enter and `owner` may write to; left out: this process alone. */
export function openFolder(owner?: number): string {
  const folder = join(tempFolder(), 'open')
  chmodSync(join(folder, '..'), 0o755)
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  if (owner !== undefined) chownSync(folder, owner, owner)
  return folder
}
