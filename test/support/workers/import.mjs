/**
 * Imports a folder, by `store.import` or at the opening, and kills itself where it is told to: after
 * the nth transaction, or within one, while the module's table takes the nth record.
 */
import { openStore } from '../../../dist/index.js'
import { PATIENT, ready, work } from './protocol.mjs'
import { shop } from './shop.mjs'

const die = () => process.kill(process.pid, 'SIGKILL')

await work(async ({ path, folder, options, isBootstrap, killAfterSlices, killAtRecord }) => {
  const modules = { shop: shop((record) => record === killAtRecord && die()) }
  await ready()
  if (isBootstrap) {
    const store = openStore(path, modules, { ...PATIENT, importFrom: folder })
    const head = store.log.head()
    store.close()
    return { head }
  }
  const store = openStore(path, modules, PATIENT)
  let slices = 0
  const onProgress = () => {
    slices += 1
    if (slices === killAfterSlices) die()
  }
  const { stored, duplicate } = store.import([folder], { ...options, onProgress })
  store.close()
  return { stored, duplicate, slices }
})
