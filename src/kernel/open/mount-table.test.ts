import { expect, test } from 'vitest'
import { mountFor, mountTable, parseMountInfo, parseMountOutput } from './mount-table.ts'

test('mountinfo is read with its optional fields and escapes', () => {
  const text = [
    '23 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw',
    '40 23 0:30 / /mnt/with\\040space rw - fuse.sshfs host:/x rw,user_id=0',
    '41 23 0:31 / /mnt/cut',
    '',
  ].join('\n')
  expect(parseMountInfo(text)).toEqual([
    { folder: '/', type: 'ext4' },
    { folder: '/mnt/with space', type: 'fuse.sshfs' },
  ])
})

test('the output of mount is read, with odd names too', () => {
  const text = [
    '/dev/disk3s1s1 on / (apfs, sealed, local, read-only)',
    '//ada@nas/on shelf on /Volumes/my (old) disk (smbfs, nodev, mounted by ada)',
    'nonsense',
  ].join('\n')
  expect(parseMountOutput(text)).toEqual([
    { folder: '/', type: 'apfs' },
    { folder: '/Volumes/my (old) disk', type: 'smbfs' },
  ])
})

test('a path lies on the longest folder, and on the later of two mounts on it', () => {
  const mounts = [
    { folder: '/', type: 'ext4' },
    { folder: '/mnt', type: 'nfs' },
    { folder: '/mnt/a', type: 'cifs' },
    { folder: '/mnt', type: 'tmpfs' },
  ]
  expect(mountFor('/mnt/b', mounts)?.type).toBe('tmpfs')
  expect(mountFor('/mnt/a', mounts)?.type).toBe('cifs')
  expect(mountFor('/mntx', mounts)?.type).toBe('ext4')
  expect(mountFor('/mnt/b', [])).toBeUndefined()
})

test.skipIf(process.platform !== 'linux')('this system has a mount on the root', () => {
  expect(mountFor('/proc/self', mountTable('linux'))?.type).toBe('proc')
})
