/**
 * Threads against a model. Invariants, after any commands with rebuilds, prunes, months and reopenings
 * among them:
 *
 * 1. Each command is accepted or refused for the same reason as in the model.
 * 2. What can be read is what the model says.
 * 3. `verify` finds nothing, and a thread folded from its stream alone is what the tables say; also
 *    right after each prune and rebuild.
 * 4. The same while deletions of large threads are half done: what they have left is seen by nobody, and only
 *    holds back commands that name its ids.
 * 5. A thread that is carried to another store by its archive is the same there.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isStoreError, type Log } from '../../dist/index.js'
import type { Command, ThreadHistory, Threads } from '../../dist/modules/threads/index.js'
import { threads } from '../../dist/modules/threads/index.js'
import { createTestStore } from '../../dist/testing/index.js'
import { rounds } from '../support/soak.ts'
import { type ModelAnswer, type ModelThread, ThreadsModel } from './threads-model.ts'

const RUNS = rounds(60, 1_500)
// A deleted thread is forgotten after thirty.
const MONTH_MS = 33 * 24 * 3_600_000

const one = <Value extends string | null>(...values: readonly Value[]) => fc.constantFrom(...values)
const projectId = one('p1', 'p2')
const threadId = one('t1', 't2', 't3')
const turnId = one('u1', 'u2', 'u3', 'u4', 'u5', 'u6')
const checkpointId = one('c1', 'c2', 'c3')
const approvalId = one('a1', 'a2', 'a3')
// Some that a few of make a pack.
const text = one('x', 'yes', 'No.', 'No, not so. '.repeat(250).trim())
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

// As JSON gives it back: it has no -0.
const setting = fc
  .jsonValue({ maxDepth: 1 })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown)
const command: fc.Arbitrary<Command> = fc.oneof(
  of('project.create', { projectId, name: text, path: one('/a', '/b') }),
  of('project.rename', { projectId, name: text }),
  of('project.update', { projectId, path: one('/a', '/b'), defaultModel: one('m', null) }),
  of('thread.select', { threadId }),
  of('thread.set-runtime-mode', { threadId, runtimeMode: one('full-access', 'supervised') }),
  of('thread.set-interaction-mode', { threadId, interactionMode: one('default', 'plan') }),
  of('session.set', { threadId, status: one('ready', 'running') }),
  of('session.stop', { threadId }),
  of('branch.create', { threadId, name: one('main', 'login'), gitRef: text }),
  of('branch.push', { threadId, name: one('main', 'login') }),
  of('changes.commit', { threadId, gitRef: one('r1', 'r2'), message: text }),
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
  {
    weight: 3,
    arbitrary: report({
      kind: fc.constantFrom('text-delta', 'thinking-delta'),
      delta: text,
      messageId: one('m1', 'm2', 'n1', 'n2'),
    }),
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
  of('setting.change', { key: one('k1', 'k2'), value: setting }),
)
const answer: fc.Arbitrary<ModelAnswer> = fc.record({
  type: fc.constant('answer'),
  threadId,
  deltas: fc.array(
    fc.record({ kind: fc.constantFrom('text-delta', 'thinking-delta'), delta: text }),
    { minLength: 1, maxLength: 4 },
  ),
  ends: fc.constantFrom('stream', 'turn'),
})
// Of a thread too large to go at once the first transaction, as a kill behind it leaves it.
const halfDeletion = fc.record({ type: kind('half-deletion'), threadId })
const step = fc.oneof(
  { weight: 40, arbitrary: command },
  { weight: 2, arbitrary: halfDeletion },
  { weight: 2, arbitrary: answer },
  {
    weight: 2,
    arbitrary: fc.constantFrom('rebuild', 'prune', 'month', 'reopen', 'search', 'sweep'),
  },
)

test('any sequence of commands, prunes and rebuilds gives what the model says', () => {
  let packed = 0
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
        if (next === 'reopen') store = opened.reopen()
        else if (next === 'search') store.threads.search('yes')
        else if (next === 'sweep') store.threads.finishDeletions()
        else if (typeof next === 'string') {
          if (next === 'month') opened.clock.advance(MONTH_MS)
          if (next === 'rebuild') store.rebuild('threads')
          else packed += store.prune({ hotEvents: 0 }).packed.events
          expect(store.verify().problems).toEqual([])
        } else if (next.type === 'answer') {
          expect([next, give(store.threads, next)]).toEqual([next, model.answer(next)])
        } else if (next.type === 'half-deletion') {
          const { threadId } = next
          const isThere = store.threads.get(threadId) !== undefined
          if (isThere) deleteHalf(store, threadId)
          const outcome = model.run({ type: 'thread.delete', threadId })
          expect([next, isThere ? 'ok' : 'not-found']).toEqual([next, outcome])
        } else {
          let result = store.threads.dispatch(next)
          if (!result.accepted && result.reason === 'held-back') {
            store.threads.finishDeletions()
            result = store.threads.dispatch(next)
          }
          expect([next, result.accepted ? 'ok' : result.reason]).toEqual([next, model.run(next)])
        }
      }
      expect(viewOf(store.threads)).toEqual(modelView(model))
      packed += store.prune({ hotEvents: 0 }).packed.events
      store.rebuild('threads')
      expect(viewOf(store.threads)).toEqual(modelView(model))
      expect(store.verify().problems).toEqual([])
      const { items } = store.threads.list({ limit: 100 })
      for (const { id } of items) expectFolded(store.threads, id)
      if (items[0]) expectCarried(store.threads, items[0].id)
    }),
    { numRuns: RUNS },
  )
  expect(packed).toBeGreaterThan(RUNS / 3)
})

function deleteHalf({ log }: { readonly log: Log }, threadId: string): void {
  const data = { id: threadId, isGradual: true }
  log.append(`threads.thread/${threadId}`, { type: 'threads.thread.deleted', data })
}

function give(api: Threads, { threadId, deltas, ends }: ModelAnswer): string {
  try {
    using stream = api.answer(threadId, { maxLength: 4 })
    for (const delta of deltas) stream.ingest(delta)
    if (ends === 'turn') stream.ingest({ kind: 'turn-complete' })
    return 'ok'
  } catch (error) {
    if (!isStoreError(error, 'ARGUMENT_INVALID')) throw error
    return 'wrong-state'
  }
}

/** The thread's own stream says the same as the tables. */
function expectFolded(api: Threads, id: string): void {
  const detail = api.detail(id, { limit: 1_000 })
  const { thread, turns, messages } = detail ?? {}
  const folded = api.at(id, thread?.version ?? 0)
  expect(folded).toMatchObject({ thread, turns, messages: messages?.items })
  expect(rest(folded)).toEqual(rest(detail))
}

/** Of ids that threads have taken from each other a store of its own knows nothing. */
function expectCarried(api: Threads, id: string): void {
  using other = createTestStore({ threads })
  const archive = api.exportThread(id)
  expect(other.store.threads.importThread(archive)).toMatchObject({ events: archive.length - 2 })
  const { sequence: _, ...detail } = api.detail(id, { limit: 1_000 }) ?? { sequence: 0 }
  expect(other.store.threads.detail(id, { limit: 1_000 })).toMatchObject(detail)
  expectFolded(other.store.threads, id)
  expect(other.store.verify().problems).toEqual([])
}

type Rest = 'approvals' | 'checkpoints' | 'plans' | 'branches' | 'commits'
const rest = (has: Pick<ThreadHistory, Rest> | undefined) => ({
  approvals: sorted(has?.approvals ?? []),
  checkpoints: sorted(has?.checkpoints ?? []),
  plans: sorted(has?.plans ?? []),
  branches: sorted(has?.branches ?? []),
  commits: sorted(has?.commits ?? []),
})

// Members in one order: a row and a fold name them in their own.
const sorted = <Item extends object>(items: readonly Item[]) =>
  items.map((item) => JSON.stringify(Object.entries(item).sort())).sort()

function viewOf(api: Threads) {
  return {
    projects: sorted(
      api.projects().map(({ id, name, path, defaultModel }) => ({ id, name, path, defaultModel })),
    ),
    settings: api.settings(),
    selected: api.selected(),
    threads: sorted(
      api
        .list({ limit: 100 })
        .items.map(({ id, projectId, turnCount, messageCount, ...thread }) => {
          const { title, status, error, runtimeMode, interactionMode, branch } = thread
          const detail = api.detail(id, { limit: 1_000 })
          return {
            ...{ id, projectId, turnCount, messageCount },
            ...{ title, status, error, runtimeMode, interactionMode, branch },
            session: detail?.session?.status ?? null,
            turns: detail?.turns.map(({ status, input }) => [status, input]),
            messages: detail?.messages.items.map((one) => [
              one.role,
              one.kind,
              one.text,
              one.turnNumber,
              one.isStreaming,
            ]),
            approvals: sorted(
              (detail?.approvals ?? []).map((one) => [one.id, one.status, one.turnNumber]),
            ),
            checkpoints: sorted(
              (detail?.checkpoints ?? []).map((one) => [one.gitRef, one.turnNumber]),
            ),
            plans: sorted((detail?.plans ?? []).map((one) => [one.text, one.turnNumber])),
            activities: detail?.activities.items.map((one) => [
              one.id,
              one.payload,
              one.turnNumber,
            ]),
            branches: sorted((detail?.branches ?? []).map((one) => [one.name, one.remote])),
            commits: sorted((detail?.commits ?? []).map((one) => [one.gitRef, one.message])),
          }
        }),
    ),
  }
}

function modelView(model: ThreadsModel) {
  return {
    projects: sorted(
      model.projects.map(({ id, name, path, defaultModel }) => ({ id, name, path, defaultModel })),
    ),
    settings: model.settings,
    selected: model.selected,
    threads: sorted(
      model.projects.flatMap(({ id, threads }) =>
        threads.map((thread) => viewOfThread(id, thread)),
      ),
    ),
  }
}

function viewOfThread(projectId: string, thread: ModelThread) {
  const { id, title, status, error, runtimeMode, interactionMode, branch, session } = thread
  return {
    ...{ id, projectId, turnCount: thread.turns.length, messageCount: thread.messages.length },
    ...{ title, status, error, runtimeMode, interactionMode, branch, session },
    turns: thread.turns.map(({ status, input }) => [status, input]),
    messages: thread.messages.map((one) => [
      one.role,
      one.kind,
      one.text,
      one.turn,
      one.isStreaming,
    ]),
    approvals: sorted(thread.approvals.map((one) => [one.id, one.status, one.turn])),
    checkpoints: sorted(thread.checkpoints.map((one) => [one.gitRef, one.turn])),
    plans: sorted(thread.plans.map((one) => [one.text, one.turn])),
    activities: thread.activities.map((one) => [one.id, one.payload, one.turn]),
    branches: sorted(thread.branches.map((one) => [one.name, one.remote])),
    commits: sorted(thread.commits.map((one) => [one.gitRef, one.message])),
  }
}
