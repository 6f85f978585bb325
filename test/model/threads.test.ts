/**
 * Threads against a model. Invariants, after any commands with rebuilds, prunes and reopenings
 * among them:
 *
 * 1. Each command is accepted or refused for the same reason as in the model.
 * 2. What can be read is what the model says.
 * 3. `verify` finds nothing, and a thread folded from its stream alone is what the tables say.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Command, Threads } from '../../dist/modules/threads/index.js'
import { threads } from '../../dist/modules/threads/index.js'
import { createTestStore } from '../../dist/testing/index.js'
import { rounds } from '../support/soak.ts'
import { ThreadsModel } from './threads-model.ts'

const RUNS = rounds(60, 1_500)

const one = <Id extends string>(...ids: readonly Id[]) => fc.constantFrom(...ids)
const projectId = one('p1', 'p2')
const threadId = one('t1', 't2', 't3')
const turnId = one('u1', 'u2', 'u3', 'u4', 'u5', 'u6')
const checkpointId = one('c1', 'c2', 'c3')
const approvalId = one('a1', 'a2', 'a3')
const text = one('x', 'yes', 'No.')
const of = <const Type extends Command['type']>(
  type: Type,
  fields: Record<string, fc.Arbitrary<unknown>>,
) =>
  fc.record({
    type: fc.constant(type),
    ...fields,
  }) as fc.Arbitrary<unknown> as fc.Arbitrary<Command>
const report = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  of('provider.ingest', { threadId, event: fc.record(fields) })
const kind = <const Kind extends string>(name: Kind) => fc.constant(name)

const command: fc.Arbitrary<Command> = fc.oneof(
  of('project.create', { projectId, name: text, path: one('/a', '/b') }),
  of('project.rename', { projectId, name: text }),
  { weight: 1, arbitrary: of('project.delete', { projectId }) },
  {
    weight: 4,
    arbitrary: of('thread.create', {
      threadId,
      projectId,
      provider: one('claude'),
      model: one('m'),
    }),
  },
  of('thread.update', { threadId, title: text }),
  of('thread.delete', { threadId }),
  of('thread.revert', { threadId, turnCount: fc.nat(3) }),
  of('thread.fork', { checkpointId, threadId }),
  { weight: 8, arbitrary: of('turn.start', { threadId, turnId, input: text }) },
  { weight: 3, arbitrary: of('turn.interrupt', { threadId }) },
  {
    weight: 6,
    arbitrary: report({ kind: fc.constantFrom('text-delta', 'thinking-delta'), delta: text }),
  },
  report({ kind: kind('tool-call'), callId: text, name: text, input: fc.constant({}) }),
  report({ kind: kind('tool-result'), callId: text, output: text }),
  {
    weight: 3,
    arbitrary: report({
      kind: kind('awaiting-approval'),
      approvalId,
      approvalKind: text,
      detail: text,
    }),
  },
  { weight: 5, arbitrary: report({ kind: kind('turn-complete') }) },
  report({ kind: kind('error'), error: text }),
  { weight: 2, arbitrary: of('approval.approve', { approvalId }) },
  of('approval.reject', { approvalId }),
  {
    weight: 2,
    arbitrary: of('message.append', {
      threadId,
      messageId: one('m1', 'm2', 'm3'),
      role: one('user', 'system'),
      content: fc.record({ kind: kind('text'), text }),
    }),
  },
  { weight: 2, arbitrary: of('message.extend', { messageId: one('m1', 'm2', 'm3'), delta: text }) },
  { weight: 4, arbitrary: of('checkpoint.create', { threadId, checkpointId, gitRef: text }) },
  { weight: 3, arbitrary: of('checkpoint.restore', { checkpointId }) },
  { weight: 2, arbitrary: of('plan.put', { threadId, planId: one('l1', 'l2'), text }) },
  {
    weight: 2,
    arbitrary: of('activity.put', {
      threadId,
      activityId: one('i1', 'i2'),
      kind: text,
      summary: text,
      payload: text,
    }),
  },
  of('setting.change', { key: one('k1', 'k2'), value: fc.jsonValue({ maxDepth: 1 }) }),
)
const step = fc.oneof(
  { weight: 30, arbitrary: command },
  { weight: 1, arbitrary: fc.constantFrom('rebuild', 'prune', 'reopen', 'search') },
)

test('any sequence of commands, prunes and rebuilds gives what the model says', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
      using opened = createTestStore({ threads })
      let { store } = opened
      const model = new ThreadsModel()
      const begin: Command[] = [
        { type: 'project.create', projectId: 'p1', name: 'Shop', path: '/shop' },
        { type: 'thread.create', threadId: 't1', projectId: 'p1', provider: 'claude', model: 'm' },
      ]
      for (const next of [...begin, ...steps]) {
        opened.clock.advance(1)
        if (next === 'rebuild') store.rebuild('threads')
        else if (next === 'prune') store.prune()
        else if (next === 'reopen') store = opened.reopen()
        else if (next === 'search') store.threads.search('yes')
        else {
          const result = store.threads.dispatch(next)
          expect([next, result.accepted ? 'ok' : result.reason]).toEqual([next, model.run(next)])
        }
      }
      expect(viewOf(store.threads)).toEqual(modelView(model))
      expect(store.verify().problems).toEqual([])
      for (const { id, version } of store.threads.list({ limit: 100 }).items) {
        const { thread, turns, messages, approvals, checkpoints, plans } =
          store.threads.detail(id, { limit: 1_000 }) ?? {}
        const { items } = messages ?? { items: [] }
        const byId = <Item extends { id: string }>(items: readonly Item[] = []) =>
          items.toSorted((a, b) => (a.id < b.id ? -1 : 1))
        const folded = store.threads.at(id, version)
        expect(folded).toMatchObject({ thread, turns, messages: items })
        expect(byId(folded?.approvals)).toEqual(byId(approvals))
        expect(byId(folded?.checkpoints)).toEqual(byId(checkpoints))
        expect(byId(folded?.plans)).toEqual(byId(plans))
      }
    }),
    { numRuns: RUNS },
  )
})

const sorted = <Item>(items: readonly Item[]) => items.map((item) => JSON.stringify(item)).sort()

function viewOf(api: Threads) {
  return {
    projects: sorted(api.projects().map(({ id, name, path }) => ({ id, name, path }))),
    settings: api.settings(),
    threads: sorted(
      api.list({ limit: 100 }).items.map(({ id, title, status, error, projectId }) => {
        const detail = api.detail(id, { limit: 1_000 })
        return {
          id,
          title,
          status,
          error,
          projectId,
          turns: detail?.turns.map(({ status, input }) => [status, input]),
          messages: detail?.messages.items.map((one) => [
            one.role,
            one.kind,
            one.text,
            one.turnNumber,
          ]),
          approvals: sorted(
            (detail?.approvals ?? []).map((one) => [one.id, one.status, one.turnNumber]),
          ),
          checkpoints: sorted(
            (detail?.checkpoints ?? []).map((one) => [one.gitRef, one.turnNumber]),
          ),
          plans: sorted((detail?.plans ?? []).map((one) => [one.id, one.text, one.turnNumber])),
          activities: detail?.activities.items.map((one) => [one.id, one.payload, one.turnNumber]),
        }
      }),
    ),
  }
}

function modelView(model: ThreadsModel) {
  return {
    projects: sorted(model.projects.map(({ id, name, path }) => ({ id, name, path }))),
    settings: model.settings,
    threads: sorted(
      model.projects.flatMap(({ id: projectId, threads }) =>
        threads.map(({ id, title, status, error, ...rest }) => ({
          id,
          title,
          status,
          error,
          projectId,
          turns: rest.turns.map(({ status, input }) => [status, input]),
          messages: rest.messages.map((one) => [one.role, one.kind, one.text, one.turn]),
          approvals: sorted(rest.approvals.map((one) => [one.id, one.status, one.turn])),
          checkpoints: sorted(rest.checkpoints.map((one) => [one.gitRef, one.turn])),
          plans: sorted(rest.plans.map((one) => [one.id, one.text, one.turn])),
          activities: rest.activities.map((one) => [one.id, one.payload, one.turn]),
        })),
      ),
    ),
  }
}
