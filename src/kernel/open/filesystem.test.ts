import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { assertUsableFilesystem, describeFilesystem, type FilesystemProbe } from './filesystem.ts'

const refused = expect.objectContaining({
  code: 'PATH_REFUSED',
  hint: expect.stringContaining('HOLDFAST_STORE'),
})

function probe(answers: Partial<FilesystemProbe>): FilesystemProbe {
  return { platform: 'linux', magic: () => 0xef53, mountType: () => undefined, ...answers }
}

test.each([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x01021997, '9p'],
  [0x5346414f, 'afs'],
  [0x00c36400, 'ceph'],
])('the magic number %i is %s and refused', (magic, name) => {
  const network = probe({ magic: () => magic })
  expect(describeFilesystem('/x', network)).toEqual({ name, isNetwork: true })
  expect(() => assertUsableFilesystem('/x', { probe: network })).toThrow(refused)
  expect(() => assertUsableFilesystem('/x', { probe: network, allowNetwork: true })).not.toThrow()
})

test.each([0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1])(
  'the magic number %i is local',
  (magic) => {
    expect(() =>
      assertUsableFilesystem('/x', { probe: probe({ magic: () => magic }) }),
    ).not.toThrow()
  },
)

test.each(['fuse.sshfs', 'virtiofs', 'fuse.rclone', 'fuse.something-new', 'fuse', undefined])(
  'FUSE of type %s is refused',
  (type) => {
    const fuse = probe({ magic: () => 0x65735546, mountType: () => type })
    expect(() => assertUsableFilesystem('/x', { probe: fuse })).toThrow(refused)
  },
)

test.each(['fuseblk', 'fuse.fuse-overlayfs', 'fuse.gocryptfs'])(
  'FUSE of type %s is local',
  (type) => {
    const fuse = probe({ magic: () => 0x65735546, mountType: () => type })
    expect(() => assertUsableFilesystem('/x', { probe: fuse })).not.toThrow()
  },
)

test('on macOS the mount table decides, and silence refuses nothing', () => {
  const mac = (type: string | undefined) => probe({ platform: 'darwin', mountType: () => type })
  for (const type of ['smbfs', 'nfs', 'afpfs', 'webdav', 'macfuse']) {
    expect(() => assertUsableFilesystem('/x', { probe: mac(type) })).toThrow(refused)
  }
  for (const type of ['apfs', 'hfs', undefined]) {
    expect(() => assertUsableFilesystem('/x', { probe: mac(type) })).not.toThrow()
  }
})

test('on Windows a path that names a share is refused', () => {
  const windows = probe({ platform: 'win32' })
  const shares = ['\\\\server\\share\\a.db', '//wsl$/d/a.db', '\\\\?\\UNC\\server\\share\\a.db']
  for (const path of shares) {
    expect(() => assertUsableFilesystem(path, { probe: windows })).toThrow(refused)
  }
  for (const path of ['C:\\a.db', '\\\\?\\C:\\a.db', '\\\\.\\C:\\a.db']) {
    expect(() => assertUsableFilesystem(path, { probe: windows })).not.toThrow()
  }
})

test('the nearest existing folder is asked, with links followed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-fs-'))
  try {
    const asked: string[] = []
    const magic = (path: string) => asked.push(path)
    describeFilesystem(join(folder, 'not', 'yet', 'state.db'), probe({ magic }))
    symlinkSync('/', join(folder, 'link'))
    describeFilesystem(join(folder, 'link', 'no such folder', 'state.db'), probe({ magic }))
    expect(asked).toEqual([folder, '/'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.skipIf(process.platform !== 'linux')('the system itself is asked without a probe', () => {
  expect(describeFilesystem('/proc/self/status')).toEqual({ name: '0x9fa0', isNetwork: false })
  expect(() => assertUsableFilesystem(join(tmpdir(), 'state.db'))).not.toThrow()
})
