/**
 * Gives the command that deletes a thread, under the id `delete`; the times that the store asked what time it is.
 * At the `killAt`-th it kills itself: in the middle of a transaction, whatever the machine is doing. Each takes
 * `pauseMs`, so that a fast machine has no more than a few in one transaction either.
 */
import { openStore } from '../../../dist/index.js'
import { threads } from '../../../dist/modules/threads/index.js'
import { acknowledge, ready, work } from './protocol.mjs'

await work(async ({ path, command, killAt, pauseMs = 0 }) => {
  let asked = 0
  const clock = () => {
    asked++
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs)
    if (asked === killAt) process.kill(process.pid, 'SIGKILL')
    return Date.now()
  }
  const store = openStore(path, { threads }, { clock })
  await ready()
  acknowledge('deleting')
  const result = store.threads.dispatch(command, { commandId: 'delete' })
  store.close()
  return { ...result, asked }
})
