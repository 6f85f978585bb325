/** Files: what is opened, created, refused, and let go. */
import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import type { DriverCase } from './cases.ts'
import { assertFails } from './expect-error.ts'

const TABLE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)'

/** Cases about files. */
export const FILE_CASES: readonly DriverCase[] = [
  {
    name: 'the factory and its connections say which SQLite they are',
    run(factory) {
      const driver = factory.open(':memory:')
      assert.equal(driver.name, factory.name)
      assert.equal(driver.sqliteVersion, factory.sqliteVersion)
      assert.deepEqual(driver.prepare('SELECT sqlite_version()').values(), [
        [factory.sqliteVersion],
      ])
      driver.close()
    },
  },
  {
    name: 'a file is created, and found again with what was committed',
    run(factory, dir) {
      const driver = factory.open(`${dir}/a.db`)
      driver.exec(`${TABLE}; INSERT INTO t VALUES (1, 'a'); BEGIN; INSERT INTO t VALUES (2, 'b')`)
      driver.close()
      const again = factory.open(`${dir}/a.db`, { mustExist: true })
      assert.deepEqual(again.prepare('SELECT * FROM t').all(), [{ id: 1, name: 'a' }])
      again.exec("INSERT INTO t VALUES (3, 'c')")
      again.close()
    },
  },
  {
    name: 'a missing file that must exist, or is to be read, is STORE_MISSING and not created',
    run(factory, dir) {
      for (const options of [{ mustExist: true }, { readOnly: true }]) {
        assertFails('STORE_MISSING', () => factory.open(`${dir}/a.db`, options))
        assertFails('STORE_MISSING', () => factory.open(`${dir}/none/a.db`, options))
      }
      assert.deepEqual(readdirSync(dir), [])
    },
  },
  {
    name: 'a read-only connection reads, and cannot write',
    run(factory, dir) {
      const writer = factory.open(`${dir}/a.db`)
      writer.exec(`${TABLE}; INSERT INTO t VALUES (1, 'a')`)
      writer.close()
      const reader = factory.open(`${dir}/a.db`, { readOnly: true, mustExist: true })
      assert.deepEqual(reader.prepare('SELECT name FROM t').values(), [['a']])
      assertFails('READ_ONLY', () => reader.prepare('DELETE FROM t').run(), 8)
      assertFails('READ_ONLY', () => reader.exec('DROP TABLE t'), 8)
      reader.close()
    },
  },
  {
    name: 'a file without the right to write is READ_ONLY, one without the right to read is refused',
    run(factory, dir) {
      const writer = factory.open(`${dir}/a.db`)
      writer.exec(TABLE)
      writer.close()
      asOrdinaryUser(dir, () => {
        chmodSync(`${dir}/a.db`, 0o444)
        const driver = factory.open(`${dir}/a.db`)
        assert.deepEqual(driver.prepare('SELECT * FROM t').all(), [])
        assertFails('READ_ONLY', () => driver.prepare('INSERT INTO t (id) VALUES (1)').run(), 8)
        driver.close()
        chmodSync(`${dir}/a.db`, 0o000)
        assertFails('PATH_REFUSED', () => factory.open(`${dir}/a.db`))
        assertFails('PATH_REFUSED', () => factory.open(`${dir}/a.db`, { readOnly: true }))
      })
    },
  },
  {
    name: 'a folder that is missing, closed to writing, or given for the file is PATH_REFUSED',
    run(factory, dir) {
      assertFails('PATH_REFUSED', () => factory.open(`${dir}/none/a.db`))
      mkdirSync(`${dir}/folder`)
      writeFileSync(`${dir}/file`, '')
      assertFails('PATH_REFUSED', () => factory.open(`${dir}/file/a.db`))
      assertFails('PATH_REFUSED', () => factory.open(`${dir}/folder`))
      assertFails('PATH_REFUSED', () => factory.open(`${dir}/folder`, { readOnly: true }))
      asOrdinaryUser(dir, () => {
        chmodSync(`${dir}/folder`, 0o555)
        assertFails('PATH_REFUSED', () => factory.open(`${dir}/folder/a.db`))
        chmodSync(`${dir}/folder`, 0o000)
        for (const options of [{}, { readOnly: true }, { mustExist: true }]) {
          assertFails('PATH_REFUSED', () => factory.open(`${dir}/folder/a.db`, options))
        }
        chmodSync(`${dir}/folder`, 0o755)
      })
    },
  },
  {
    name: 'names that a library would read as something else are PATH_REFUSED',
    run(factory, dir) {
      for (const path of ['', ` ${dir}/a.db`, `${dir}/a.db `, `file:${dir}/a.db`, `${dir}/a\0b`]) {
        assertFails('PATH_REFUSED', () => factory.open(path))
      }
      assert.deepEqual(readdirSync(dir), [])
    },
  },
  {
    name: 'signs in a name are taken as they are',
    run(factory, dir) {
      const name = 'a b?mode=ro#%41 %é🪵;.db'
      const driver = factory.open(`${dir}/${name}`)
      driver.exec(TABLE)
      driver.close()
      factory.open(`${dir}/${name}`, { mustExist: true }).close()
      factory.open(`${dir}/${name}`, { readOnly: true }).close()
      assert.deepEqual(readdirSync(dir), [name])
    },
  },
  {
    name: 'a file that is no database is NOT_A_STORE and keeps its bytes',
    run(factory, dir) {
      const text = '{"state": "json"}\n'.repeat(100)
      writeFileSync(`${dir}/state.json`, text)
      for (const options of [{}, { mustExist: true }, { readOnly: true }]) {
        assertFails(
          'NOT_A_STORE',
          () => {
            const driver = factory.open(`${dir}/state.json`, options)
            try {
              driver.prepare('SELECT * FROM sqlite_schema').all()
            } finally {
              driver.close()
            }
          },
          26,
        )
      }
      assert.equal(readFileSync(`${dir}/state.json`, 'utf8'), text)
    },
  },
  {
    name: 'a damaged file is STORE_CORRUPT',
    run(factory, dir) {
      const driver = factory.open(`${dir}/a.db`)
      driver.exec(`PRAGMA page_size = 4096; ${TABLE}; INSERT INTO t VALUES (1, 'a')`)
      driver.close()
      // Only after the close: reading it here before would drop the connection's locks.
      const bytes = readFileSync(`${dir}/a.db`)
      bytes.fill(0xff, 4096)
      writeFileSync(`${dir}/a.db`, bytes)
      const again = factory.open(`${dir}/a.db`)
      assertFails('STORE_CORRUPT', () => again.prepare('SELECT * FROM t').all(), 11)
      again.close()
    },
  },
  {
    name: 'closing lets go of file and locks, whatever statements are left',
    run(factory, dir) {
      const driver = factory.open(`${dir}/a.db`)
      driver.exec(`PRAGMA journal_mode = WAL; ${TABLE}; BEGIN IMMEDIATE`)
      const select = driver.prepare('SELECT * FROM t')
      select.get()
      select.values()
      driver.prepare('INSERT INTO t (id) VALUES (:id) RETURNING id').get({ id: 1 })
      driver.close()
      const other = factory.open(`${dir}/a.db`)
      other.exec('BEGIN EXCLUSIVE; INSERT INTO t (id) VALUES (2); COMMIT')
      other.close()
      assert.ok(!existsSync(`${dir}/a.db-wal`), 'the last close removes the WAL')
      assert.deepEqual(openFiles(dir), [])
    },
  },
]

// Files of `dir` that this process has open; empty where the system does not list them.
function openFiles(dir: string): string[] {
  if (!existsSync('/proc/self/fd')) return []
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith(dir) ? [target] : []
    } catch {
      // The descriptor of the listing itself is closed by now.
      return []
    }
  })
}

// File modes do not bind root, and containers run tests as root: step down for the while.
function asOrdinaryUser(dir: string, body: () => void): void {
  if (process.getuid?.() !== 0) {
    body()
    return
  }
  const nobody = 65_534
  for (const name of ['', ...readdirSync(dir)]) chownSync(`${dir}/${name}`, nobody, nobody)
  process.seteuid?.(nobody)
  try {
    body()
  } finally {
    process.seteuid?.(0)
  }
}
