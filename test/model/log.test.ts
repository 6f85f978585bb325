/**
 * The log against a model. Whatever is appended, through two handles of one file:
 *
 * 1. Versions, sequences and refusals are the model's: expected version, idempotency key, no-op.
 * 2. What the log still has is in the model, unchanged and in order. Gone are only states and
 *    removals with `keep: 'latest'` that a later one of their stream has superseded; without
 *    consumers, all of those are.
 * 3. A durable consumer, however far behind, is given every event that was there when it began
 *    and every one since.
 * 4. `verify` proves every state on the way.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defineModule, event, isStoreError, openStore, type Store } from '../../dist/index.js'
import { rounds } from '../support/soak.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { type Answer, type Append, type Logged, LogModel } from './log-model.ts'

const NOTED = 'things.thing.noted'
const SAVED = 'things.thing.saved'
const PINNED = 'things.thing.pinned'
const REMOVED = 'things.thing.removed'
const STATES = new Set([SAVED, PINNED])
const SUPERSEDING = new Set([SAVED, PINNED, REMOVED])
const REPLACEABLE = new Set([SAVED, REMOVED])
// A longer stream is left to prune (docs/design/log.md).
const LOOK_BACK = 64
const STREAMS = ['things.thing/a', 'things.thing/b', 'things.thing/c']
const DAY_MS = 24 * 3_600_000

interface Thing {
  readonly text: string
}
const UPSERT = /* sql */ `
  INSERT INTO things_thing (stream, text) VALUES (?, ?)
  ON CONFLICT (stream) DO UPDATE SET text = excluded.text`
const things = defineModule({
  name: 'things',
  version: 1,
  events: {
    [NOTED]: event<Thing>(),
    [SAVED]: event<Thing>(undefined, { state: true, keep: 'latest' }),
    [PINNED]: event<Thing>(undefined, { state: true }),
    [REMOVED]: event<Thing>(undefined, { removes: true, keep: 'latest' }),
  },
  migrations: [
    {
      id: '0001-initial',
      sql: `CREATE TABLE things_thing (stream TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
        CREATE TABLE things_note (stream TEXT NOT NULL, version INTEGER NOT NULL) STRICT`,
    },
  ],
  project: {
    [NOTED]: (tx, { stream, version }) =>
      void tx.run('INSERT INTO things_note VALUES (?, ?)', [stream, version]),
    [SAVED]: (tx, { stream, data }) => void tx.run(UPSERT, [stream, data.text]),
    [PINNED]: (tx, { stream, data }) => void tx.run(UPSERT, [stream, data.text]),
    [REMOVED]: (tx, { stream }) =>
      void tx.run('DELETE FROM things_thing WHERE stream = ?', [stream]),
  },
  api: () => undefined,
})
const MODULES = { things }

type Command =
  | { readonly do: 'append'; readonly handle: 0 | 1; readonly append: Append }
  | {
      readonly do: 'consume'
      readonly name: string
      readonly most: number
      readonly commits: boolean
    }
  | { readonly do: 'pass'; readonly days: number }
  | { readonly do: 'reopen'; readonly handle: 0 | 1 }

// Kept as a payload; by a short name in the model, so that a failure can be read.
const LONG = 'long '.repeat(4_000)
const written = (text: string): string => (text === 'long' ? LONG : text)
const read = (text: string): string => (text === LONG ? 'long' : text)

const handle = fc.constantFrom(0 as const, 1 as const)
const given = fc.record({
  type: fc.constantFrom(NOTED, SAVED, SAVED, SAVED, PINNED, REMOVED),
  data: fc.record({ text: fc.constantFrom('x', 'y', 'long') }),
})
const append: fc.Arbitrary<Append> = fc.record({
  stream: fc.constantFrom(...STREAMS),
  events: fc.array(given, { maxLength: 3 }),
  expectedVersion: fc.oneof(
    { weight: 8, arbitrary: fc.constant('any' as const) },
    { weight: 1, arbitrary: fc.constant('none' as const) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 5 }) },
  ),
  key: fc.option(fc.constantFrom('k1', 'k2'), { nil: undefined, freq: 4 }),
})
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('append' as const), handle, append }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('consume' as const),
      name: fc.constantFrom('mirror', 'hub'),
      most: fc.integer({ min: 0, max: 6 }),
      commits: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      days: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const), handle }) },
)

test(
  'any sequence of appends gives what the model gives, and no consumer misses an event',
  async () => {
    const commands = fc.array(command, { maxLength: rounds(25, 80), size: 'max' })
    await fc.assert(
      fc.asyncProperty(fc.tuple(fc.boolean(), commands), async ([hasConsumers, list]) => {
        const world = new World()
        try {
          for (const one of list) {
            if (hasConsumers || one.do !== 'consume') await world.run(one)
          }
        } finally {
          world.close()
        }
      }),
      { numRuns: rounds(40, 500) },
    )
  },
  rounds(180_000, 3_600_000),
)

class World {
  readonly #path = tempStorePath()
  readonly #model = new LogModel((type) => STATES.has(type))
  /** What each consumer has yet to be given. */
  readonly #due = new Map<string, number[]>()
  #nowMs = 1_767_225_600_000
  readonly #stores: Store<typeof MODULES>[] = [this.#open(), this.#open()]

  async run(command: Command): Promise<void> {
    switch (command.do) {
      case 'append':
        this.#append(this.#store(command.handle), command.append)
        break
      case 'consume':
        await this.#consume(command.name, command.most, command.commits)
        break
      case 'pass':
        this.#nowMs += command.days * DAY_MS
        break
      case 'reopen':
        this.#store(command.handle).close()
        this.#stores[command.handle] = this.#open()
    }
    this.#check()
  }

  close(): void {
    for (const store of this.#stores) store.close()
  }

  #open(): Store<typeof MODULES> {
    return openStore(this.#path, MODULES, { clock: () => this.#nowMs })
  }

  #store(handle: 0 | 1): Store<typeof MODULES> {
    return this.#stores[handle] ?? this.#open()
  }

  #append(store: Store<typeof MODULES>, { stream, events, expectedVersion, key }: Append): void {
    const before = this.#model.events.length
    const expected = this.#model.append({ stream, events, expectedVersion, key }, this.#nowMs)
    const options = { expectedVersion, ...(key === undefined ? {} : { idempotencyKey: key }) }
    const news = events.map(({ type, data }) => ({ type, data: { text: written(data.text) } }))
    expect(answerOf(() => store.log.append(stream, news, options))).toEqual(expected)
    for (const due of this.#due.values()) {
      for (const { sequence } of this.#model.events.slice(before)) due.push(sequence)
    }
  }

  async #consume(name: string, most: number, commits: boolean): Promise<void> {
    const store = this.#store(0)
    const due = this.#due.get(name) ?? this.#kept().map(({ sequence }) => sequence)
    this.#due.set(name, due)
    const consumer = store.log.consumer(name)
    const count = Math.min(most, due.length)
    for (let place = 0; place < count; place++) {
      const { value } = await consumer.next()
      expect(value?.sequence).toBe(due[place])
    }
    if (commits) consumer.commit()
    await consumer.return?.()
    // Without a commit the event in hand comes again.
    due.splice(0, commits ? count : Math.max(0, count - 1))
  }

  #kept(): Logged[] {
    return this.#store(0)
      .log.read({ limit: 100_000 })
      .map(({ sequence, stream, version, type, data }) => {
        return { sequence, stream, version, type, data: { text: read((data as Thing).text) } }
      })
  }

  #check(): void {
    const kept = this.#kept()
    const sequences = new Set(kept.map(({ sequence }) => sequence))
    expect(kept).toEqual(this.#model.events.filter(({ sequence }) => sequences.has(sequence)))
    for (const gone of this.#model.events.filter(({ sequence }) => !sequences.has(sequence))) {
      expect(this.#isSuperseded(gone), `${gone.type} ${gone.sequence} is gone`).toBe(true)
    }
    for (const due of this.#due.values()) {
      expect(due.filter((sequence) => !sequences.has(sequence))).toEqual([])
    }
    if (this.#due.size === 0) this.#checkNothingLingers(kept)
    for (const store of this.#stores) this.#checkReads(store, kept)
    expect(this.#store(1).verify().problems).toEqual([])
  }

  #isSuperseded({ sequence, stream, type }: Logged): boolean {
    const later = this.#model.events.slice(sequence)
    const isReplaced = later.some((one) => one.stream === stream && SUPERSEDING.has(one.type))
    return REPLACEABLE.has(type) && isReplaced
  }

  #checkNothingLingers(kept: readonly Logged[]): void {
    for (const stream of STREAMS) {
      const events = kept.filter((one) => one.stream === stream)
      if (events.length >= LOOK_BACK) continue
      expect(events.filter((one) => this.#isSuperseded(one))).toEqual([])
    }
  }

  #checkReads(store: Store<typeof MODULES>, kept: readonly Logged[]): void {
    expect(store.log.head()).toBe(this.#model.events.length)
    for (const stream of [...STREAMS, 'things.thing/none']) {
      expect(store.log.streamVersion(stream)).toBe(this.#model.version(stream))
      const after = store.log.readStream(stream, { after: 2 }).map(({ version }) => version)
      const expected = kept.filter((one) => one.stream === stream && one.version > 2)
      expect(after).toEqual(expected.map(({ version }) => version))
    }
  }
}

function answerOf(fn: () => Answer): Answer {
  try {
    return fn()
  } catch (error) {
    if (!isStoreError(error)) throw error
    return { fails: error.code }
  }
}
