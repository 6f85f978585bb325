/**
 * On which kind of file system a path lies, and whether a store may.
 *
 * Invariant: a store is only opened where all processes that can reach the file share one
 * kernel. Write-ahead logging keeps its index in memory that they share, and over a network
 * two machines each have their own: both would write, and the file would be damaged.
 */
import { realpathSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { StoreError } from '../errors.ts'
import { fileError } from './file-errors.ts'
import { mountFor, mountTable } from './mount-table.ts'
import { FUSE_MAGIC, isSharedByName, NETWORK_MAGIC } from './network-filesystems.ts'
import { assertStorePath } from './store-path.ts'

/** A file system as far as it matters to a store. */
export interface Filesystem {
  /** `nfs`, `fuse.sshfs`, or `0xef53` where only the number is known; empty when unknown. */
  readonly name: string
  /** True where other machines (or the host of a virtual one) may write to the same files. */
  readonly isNetwork: boolean
}

/** The system's answers, replaceable in tests. */
export interface FilesystemProbe {
  readonly platform: NodeJS.Platform
  /** The magic number of the file system that an existing path lies on. */
  magic(path: string): number
  /** The type that the mount table gives for an existing path; `undefined` when it is silent. */
  mountType(path: string): string | undefined
}

/** How strictly {@link assertUsableFilesystem} looks. */
export interface FilesystemOptions {
  /**
   * Accepts network file systems. Default: false. Safe only while all processes that open the
   * store run on one machine; two machines will damage it.
   */
  readonly allowNetwork?: boolean
  readonly probe?: FilesystemProbe
}

/** Throws `PATH_REFUSED` when the store would lie on a network file system. */
export function assertUsableFilesystem(path: string, options: FilesystemOptions = {}): void {
  assertStorePath(path)
  if (options.allowNetwork === true) return
  const filesystem = describeFilesystem(path, options.probe)
  if (!filesystem.isNetwork) return
  throw new StoreError(
    'PATH_REFUSED',
    `'${path}' lies on a network or shared file system (${filesystem.name}), where SQLite cannot keep several writers apart`,
    {
      hint: 'set HOLDFAST_STORE to an absolute path on a local disk; allow network file systems only if one machine alone will ever open the store',
    },
  )
}

/** Says on which file system a path lies, or would lie once its folders exist. */
export function describeFilesystem(
  path: string,
  probe: FilesystemProbe = systemFilesystemProbe(),
): Filesystem {
  if (probe.platform === 'win32') {
    // A drive letter that stands for a share is not seen; a path that names one is.
    const isShare = /^[\\/]{2}(?![.?][\\/](?!UNC[\\/]))/i.test(path)
    return { name: isShare ? 'smb' : '', isNetwork: isShare }
  }
  const existing = nearestExisting(resolve(path))
  if (probe.platform !== 'linux') return byName(probe.mountType(existing))
  const magic = statfs(probe, existing)
  const network = NETWORK_MAGIC.get(magic)
  if (network !== undefined) return { name: network, isNetwork: true }
  // One number for all of FUSE: encrypted local folders, sshfs and virtiofs. The name decides.
  if (magic === FUSE_MAGIC) return byName(probe.mountType(existing) ?? 'fuse')
  return { name: `0x${magic.toString(16)}`, isNetwork: false }
}

/** The probe of the running system. */
export function systemFilesystemProbe(
  platform: NodeJS.Platform = process.platform,
): FilesystemProbe {
  return {
    platform,
    // As unsigned 32 bits: cifs and smb2 are negative where the kernel's word is that short.
    magic: (path) => statfsSync(path).type >>> 0,
    mountType: (path) => mountFor(path, mountTable(platform))?.type,
  }
}

function byName(type: string | undefined): Filesystem {
  return { name: type ?? '', isNetwork: type !== undefined && isSharedByName(type) }
}

function statfs(probe: FilesystemProbe, path: string): number {
  try {
    return probe.magic(path)
  } catch (error) {
    throw fileError('ask for the file system of', path, error)
  }
}

// With links followed, so that neither the number nor the mount table looks at the wrong place.
function nearestExisting(path: string): string {
  try {
    return realpathSync.native(path)
  } catch (error) {
    const parent = dirname(path)
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && parent !== path) {
      return nearestExisting(parent)
    }
    throw fileError('reach', path, error)
  }
}
