/** File systems and files that take nothing more: full, read-only, immutable. */
import { spawnSync } from 'node:child_process'
import { onTestFinished, type TestContext } from 'vitest'
import { tempFolder } from './temp-folder.ts'

/** Mounts one; skips the test, with the reason, where mounting is not allowed. */
export function tinyDisk(context: TestContext, size: string): string {
  const folder = tempFolder()
  const { status, stderr, error } = mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder)
  context.skip(status !== 0, `no tmpfs can be mounted here: ${error?.message ?? stderr}`)
  // Lazily: a worker that the test has not ended yet may still have files there.
  onTestFinished(() => {
    spawnSync('umount', ['-l', folder])
  })
  return folder
}

/** Makes the file system read-only, as a medium or a container mounts it. */
export function makeReadOnly(folder: string): void {
  const { status, stderr } = mount('-o', 'remount,ro', folder)
  if (status !== 0) throw new Error(`${folder} cannot be made read-only: ${stderr}`)
}

/** Makes it writable again. */
export function makeWritable(folder: string): void {
  const { status, stderr } = mount('-o', 'remount,rw', folder)
  if (status !== 0) throw new Error(`${folder} cannot be made writable: ${stderr}`)
}

/** Makes the file system larger, as somebody who has cleaned up. */
export function makeRoom(folder: string, size: string): void {
  const { status, stderr } = mount('-o', `remount,size=${size}`, folder)
  if (status !== 0) throw new Error(`${folder} cannot be made larger: ${stderr}`)
}

function mount(...args: string[]) {
  return spawnSync('mount', args, { encoding: 'utf8' })
}

/** Makes a file or folder that nobody may change, root neither, until the test has finished; skips it where that cannot be. */
export function makeImmutable(context: TestContext, path: string): { readonly end: () => void } {
  const { status, stderr, error } = spawnSync('chattr', ['+i', path], { encoding: 'utf8' })
  context.skip(status !== 0, `nothing can be made immutable here: ${error?.message ?? stderr}`)
  const end = () => void spawnSync('chattr', ['-i', path])
  onTestFinished(end)
  return { end }
}
