/** Gives the command that deletes a thread, under the id `delete`. */
import { openStore } from '../../../dist/index.js'
import { threads } from '../../../dist/modules/threads/index.js'
import { acknowledge, ready, work } from './protocol.mjs'

await work(async ({ path, command }) => {
  const store = openStore(path, { threads })
  await ready()
  acknowledge('deleting')
  const result = store.threads.dispatch(command, { commandId: 'delete' })
  store.close()
  return result
})
