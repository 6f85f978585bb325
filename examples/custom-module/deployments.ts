/** Deployments: which version of which service runs where, and how each of them came to be there. */
import { defineModule, event, StoreError } from 'holdfast'

/** One service in one environment. The data of a state event is all of it. */
export interface Deployment {
  readonly id: string
  readonly service: string
  readonly environment: string
  readonly version: string
  readonly deployedAtMs: number
}

const UPSERT = `
  INSERT INTO deployments_deployment (id, service, environment, version, deployed_at_ms)
  VALUES (:id, :service, :environment, :version, :deployedAtMs)
  ON CONFLICT (id) DO UPDATE SET version = excluded.version, deployed_at_ms = excluded.deployed_at_ms`
const SELECT = `
  SELECT id, service, environment, version, deployed_at_ms AS deployedAtMs FROM deployments_deployment`

const streamOf = (id: string): string => `deployments.deployment/${id}`

/** The module; open it as `openStore(path, { deployments })`. */
export const deployments = defineModule({
  name: 'deployments',
  version: 1,
  events: {
    'deployments.deployment.made': event<Deployment>(undefined, {
      state: true,
      keep: 'latest',
      volatile: ['deployedAtMs'],
    }),
    'deployments.deployment.withdrawn': event<{ id: string; reason: string }>(undefined, {
      removes: true,
    }),
  },
  migrations: [
    {
      id: '0001-initial',
      sql: `
        CREATE TABLE deployments_deployment (
          id TEXT PRIMARY KEY, service TEXT NOT NULL, environment TEXT NOT NULL,
          version TEXT NOT NULL, deployed_at_ms INTEGER NOT NULL) STRICT;
        CREATE TABLE deployments_withdrawal (service TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT`,
    },
  ],
  project: {
    'deployments.deployment.made': (tx, { data }) => void tx.run(UPSERT, { ...data }),
    'deployments.deployment.withdrawn': (tx, { data }) => {
      tx.run('DELETE FROM deployments_deployment WHERE id = ?', [data.id])
      tx.run(
        `INSERT INTO deployments_withdrawal VALUES (?, 1)
         ON CONFLICT (service) DO UPDATE SET count = count + 1`,
        [data.id.slice(data.id.indexOf('/') + 1)],
      )
    },
  },
  api: (store) => ({
    /** Puts a version of a service into an environment. */
    deploy(service: string, environment: string, version: string): Deployment {
      const id = `${environment}/${service}`
      const data = { id, service, environment, version, deployedAtMs: store.clock() }
      store.log.append(streamOf(id), { type: 'deployments.deployment.made', data })
      return data
    },
    /** Takes a service out of an environment; throws `NOT_FOUND` when it is not there. */
    withdraw(id: string, reason: string): void {
      store.write((tx) => {
        if (!tx.get(`${SELECT} WHERE id = ?`, [id])) throw new StoreError('NOT_FOUND', `no ${id}`)
        tx.append(streamOf(id), { type: 'deployments.deployment.withdrawn', data: { id, reason } })
      })
    },
    /** What runs in an environment. */
    list: (environment: string): Deployment[] =>
      store.read((tx) => tx.all(`${SELECT} WHERE environment = ? ORDER BY id`, [environment])),
    /** How often each service was withdrawn. */
    withdrawals: (): { service: string; count: number }[] =>
      store.read((tx) => tx.all('SELECT * FROM deployments_withdrawal ORDER BY service')),
  }),
})
