/**
 * The file systems whose files more than one kernel can write to.
 *
 * The numbers are from statfs(2) of the Linux man pages and `linux/magic.h`; the names are the
 * types that the kernel's mount table gives. For FUSE the rule is turned round: what is not
 * known to be local is refused, since most of what comes over FUSE is remote.
 */

/** FUSE of every kind, `virtiofs` of virtual machines included. */
export const FUSE_MAGIC = 0x65735546

/** Magic numbers of network and cluster file systems, by the name to show. */
export const NETWORK_MAGIC: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  // Folders of the host in WSL 2 and other virtual machines: the host writes past our locks.
  [0x01021997, '9p'],
  [0x5346414f, 'afs'],
  [0x6b414653, 'afs'],
  [0x00c36400, 'ceph'],
  [0x73757245, 'coda'],
  [0x564c, 'ncp'],
  [0x7461636f, 'ocfs2'],
])

// FUSE file systems that only show what is on a local disk.
const LOCAL_FUSE: ReadonlySet<string> = new Set([
  'fuseblk', // ntfs-3g and exfat-fuse: always a block device.
  'fuse.fuse-overlayfs', // The root of a rootless container.
  'fuse.gocryptfs',
  'fuse.encfs',
  'fuse.cryfs',
  'fuse.ecryptfs',
])

// For the platforms whose numbers are not fixed; `mount` prints these names.
const NETWORK_NAMES: ReadonlySet<string> = new Set([
  '9p',
  'afpfs',
  'afs',
  'cifs',
  'coda',
  'nfs',
  'nfs4',
  'oldnfs',
  'smb',
  'smb2',
  'smb3',
  'smbfs',
  'virtiofs',
  'webdav',
])

/** True when a mount of this type may be written to by another machine. */
export function isSharedByName(type: string): boolean {
  if (/^(fuse|macfuse|osxfuse)/.test(type)) return !LOCAL_FUSE.has(type)
  return NETWORK_NAMES.has(type)
}
