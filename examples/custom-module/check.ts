/** The module's own tests: `node check.js` says nothing when all hold, and throws otherwise. */
import { assertPrunable, assertReplayable, given, type HistoryEvent } from 'holdfast/testing'
import { deployments } from './deployments.ts'

const made = (service: string, version: string): HistoryEvent => {
  const id = `production/${service}`
  const data = { id, service, environment: 'production', version, deployedAtMs: 1_000 }
  return { stream: `deployments.deployment/${id}`, type: 'deployments.deployment.made', data }
}
const withdrawn = (service: string): HistoryEvent => {
  const data = { id: `production/${service}`, reason: 'slow' }
  const stream = `deployments.deployment/${data.id}`
  return { stream, type: 'deployments.deployment.withdrawn', data }
}

given(deployments, [made('web', '1')])
  .when((api) => void api.deploy('web', 'production', '2'))
  .thenEvents([{ type: 'deployments.deployment.made' }])

// The same version again changes nothing but a volatile field, and so appends nothing.
given(deployments, [made('web', '1')])
  .when((api) => void api.deploy('web', 'production', '1'))
  .thenEvents([])

given(deployments, [made('web', '1')])
  .when((api) => api.withdraw('production/web', 'slow'))
  .thenRows('deployments_deployment', [])
  .thenRows('deployments_withdrawal', [{ service: 'web', count: 1 }])

given(deployments, [])
  .when((api) => api.withdraw('production/web', 'slow'))
  .thenThrows('NOT_FOUND')

const history = [
  made('web', '1'),
  made('job', '1'),
  made('web', '2'),
  withdrawn('job'),
  made('job', '2'),
]
assertReplayable(deployments, history)
assertPrunable(deployments, [history])
