/** A module for tests of the whole kernel: states, facts, a payload, two tables, one projection too many. */
import { defineModule, event, type Module } from '../../dist/index.js'

/** What a deployment is started with. */
export interface Deployment {
  readonly id: string
  readonly host: string
  readonly plan: string
}

/** `changed` folds a field differently, as a careless release would. */
export type Projection = 'as written' | 'changed'

/** Its verbs. */
export interface Deployments {
  start(deployment: Deployment): void
  finish(id: string): void
}

const START = /* sql */ `
  INSERT INTO deployments_deployment (id, host, plan_length, state, started)
  VALUES (:id, :host, :planLength, 'running', :sequence)
  ON CONFLICT (id) DO UPDATE SET
    host = excluded.host, plan_length = excluded.plan_length, state = excluded.state,
    started = excluded.started`
const FINISH = /* sql */ `UPDATE deployments_deployment SET state = 'finished' WHERE id = ?`
const NOTE = /* sql */ `INSERT INTO deployments_finish (deployment, at) VALUES (?, ?)`

/** The module. */
export function deployments(projection: Projection = 'as written'): Module<Deployments> {
  return defineModule({
    name: 'deployments',
    version: 1,
    events: {
      'deployments.deployment.started': event<Deployment>(),
      'deployments.deployment.finished': event<{ readonly id: string }>(),
    },
    migrations: [
      {
        id: '0001-initial',
        sql: `
          CREATE TABLE deployments_deployment (
            id TEXT PRIMARY KEY, host TEXT NOT NULL, plan_length INTEGER NOT NULL,
            state TEXT NOT NULL, started INTEGER NOT NULL) STRICT;
          CREATE TABLE deployments_finish (deployment TEXT NOT NULL, at ANY) STRICT`,
      },
    ],
    project: {
      'deployments.deployment.started': (tx, { data, sequence }) => {
        const host = projection === 'changed' ? data.host.toUpperCase() : data.host
        tx.run(START, { id: data.id, host, planLength: data.plan.length, sequence })
      },
      'deployments.deployment.finished': (tx, { data, occurredAtMs }) => {
        tx.run(FINISH, [data.id])
        tx.run(NOTE, [data.id, occurredAtMs])
      },
    },
    api: (store) => ({
      start: (data) =>
        void store.log.append(`deployments.deployment/${data.id}`, {
          type: 'deployments.deployment.started',
          data,
        }),
      finish: (id) =>
        void store.log.append(`deployments.deployment/${id}`, {
          type: 'deployments.deployment.finished',
          data: { id },
        }),
    }),
  })
}
