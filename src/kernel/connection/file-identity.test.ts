import { copyFileSync, renameSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { tempStorePath } from '../../../test/support/temp-folder.ts'
import { collection, openStore } from '../../index.ts'

const modules = { tasks: collection<{ id: string }>() }
const replaced = expect.objectContaining({ code: 'STORE_REPLACED' })

// Longer than the time between two looks.
const pause = () => sleep(80)

test('a writer whose file was removed is told, instead of writing to a file without a name', async () => {
  const path = tempStorePath()
  const store = openStore(path, modules)
  store.tasks.put({ id: 'a' })
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`)
  await pause()
  expect(() => store.tasks.put({ id: 'b' })).toThrow(replaced)
  expect(() => store.tasks.put({ id: 'c' })).toThrow(replaced)
  await expect(store.writeAsync(() => undefined)).rejects.toEqual(replaced)
  store.close()
})

test('a writer whose file was replaced by another store is told', async () => {
  const path = tempStorePath()
  const other = tempStorePath()
  openStore(other, modules).close()
  const store = openStore(path, modules)
  copyFileSync(other, `${path}.new`)
  renameSync(`${path}.new`, path)
  await pause()
  expect(() => store.tasks.put({ id: 'a' })).toThrow(replaced)
  store.close()
})

test('a writer goes on while its file stays', async () => {
  const store = openStore(tempStorePath(), modules)
  for (const id of ['a', 'b', 'c']) {
    store.tasks.put({ id })
    await pause()
  }
  expect(store.tasks.list()).toHaveLength(3)
  store.close()
})
