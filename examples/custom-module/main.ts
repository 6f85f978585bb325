/** Shows the module at work: `node main.js [path of a store]`. */
import { openStore } from 'holdfast'
import { deployments } from './deployments.ts'

const store = openStore(process.argv[2] ?? 'deployments.db', { deployments })
store.deployments.deploy('web', 'production', '1.4.0')
store.deployments.deploy('web', 'production', '1.5.0')
store.deployments.deploy('worker', 'production', '1.4.0')
store.deployments.withdraw('production/worker', 'leaks memory')
for (const { service, version } of store.deployments.list('production')) {
  console.log(`${service} ${version}`)
}
for (const { service, count } of store.deployments.withdrawals()) {
  console.log(`${service} withdrawn ${count} times`)
}
console.log(store.verify().ok ? 'verified' : 'damaged')
store.close()
