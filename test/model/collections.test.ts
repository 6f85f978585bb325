/**
 * Collections and documents against a model. Whatever is done, through two handles of one file:
 *
 * 1. Each operation gives, or fails with, what the model says.
 * 2. Afterwards both handles show the model's items and value, and the log its count of events:
 *    what changes nothing appends nothing, and what failed left nothing behind.
 * 3. `verify` proves every state on the way, and so does it after reopening and rebuilding.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { collection, document, isStoreError, openStore, type Store } from '../../dist/index.js'
import { rounds } from '../support/soak.ts'
import { tempStorePath } from '../support/temp-folder.ts'
import { type Item, type Outcome, StoreModel } from './store-model.ts'

type Verb =
  | { readonly do: 'put'; readonly item: Item }
  | { readonly do: 'update'; readonly id: string; readonly n: number }
  | { readonly do: 'delete'; readonly id: string }
  | { readonly do: 'set'; readonly n: number }
type Block = { readonly do: 'block'; readonly steps: readonly Step[]; readonly fails: boolean }
type Step = Verb | Block
type Command =
  | { readonly do: 'run'; readonly handle: 0 | 1; readonly step: Step }
  | { readonly do: 'together'; readonly handle: 0 | 1; readonly blocks: readonly Block[] }
  | { readonly do: 'reopen' | 'rebuild'; readonly handle: 0 | 1 }

const MODULES = {
  items: collection<Item>({ unique: ['slug'], index: ['n'] }),
  settings: document<{ readonly n: number }>({ n: 0 }),
}

type TestedStore = Store<typeof MODULES>

const id = fc.constantFrom('a', 'b', 'c')
const n = fc.integer({ min: 0, max: 2 })
const slug = fc.constantFrom('x', 'y', 'z')
const handle = fc.constantFrom(0 as const, 1 as const)
const verb: fc.Arbitrary<Verb> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('put' as const), item: fc.record({ id, slug, n }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('update' as const), id, n }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), id }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('set' as const), n }) },
)
const { block } = fc.letrec<{ block: Block; step: Step }>((tie) => ({
  block: fc.record({
    do: fc.constant('block' as const),
    steps: fc.array(tie('step'), { maxLength: 4 }),
    fails: fc.boolean(),
  }),
  step: fc.oneof({ maxDepth: 2 }, verb, tie('block')),
}))
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('run' as const), handle, step: verb }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('run' as const), handle, step: block }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('together' as const),
      handle,
      blocks: fc.array(block, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('reopen' as const, 'rebuild' as const), handle }),
  },
)

class Rollback extends Error {}

test(
  'any sequence of operations gives what the model gives, and every state is proven',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: rounds(25, 80), size: 'max' }),
        async (commands) => {
          const world = new World()
          try {
            for (const one of commands) await world.run(one)
          } finally {
            world.close()
          }
        },
      ),
      { numRuns: rounds(40, 500) },
    )
  },
  rounds(180_000, 3_600_000),
)

class World {
  readonly #path = tempStorePath()
  readonly #model = new StoreModel()
  readonly #stores: TestedStore[] = [this.#open(), this.#open()]

  async run(command: Command): Promise<void> {
    const store = this.#store(command.handle)
    switch (command.do) {
      case 'run':
        this.#run(store, command.step)
        break
      case 'together':
        await this.#together(store, command.blocks)
        break
      case 'reopen':
        store.close()
        this.#stores[command.handle] = this.#open()
        break
      case 'rebuild':
        store.rebuild('items')
        store.rebuild('settings')
    }
    this.#check()
  }

  close(): void {
    for (const store of this.#stores) store.close()
  }

  #open(): TestedStore {
    return openStore(this.#path, MODULES)
  }

  #store(handle: 0 | 1): TestedStore {
    return this.#stores[handle] ?? this.#open()
  }

  #check(): void {
    for (const store of this.#stores) {
      expect(store.items.list()).toEqual(this.#model.items())
      expect(store.settings.get()).toEqual(this.#model.settings())
      expect(store.log.head()).toBe(this.#model.head())
    }
    const [one] = this.#stores
    for (const item of this.#model.items()) {
      expect(one?.items.get(item.id)).toEqual(item)
      expect(one?.items.list({ slug: item.slug })).toEqual([item])
    }
    expect(one?.verify().problems).toEqual([])
  }

  #run(store: TestedStore, step: Step): void {
    if (step.do !== 'block') {
      expect(outcomeOf(() => apply(store, step))).toEqual(applyToModel(this.#model, step))
      return
    }
    const attempt = () => store.write(() => this.#runBlock(store, step))
    if (step.fails) expect(attempt).toThrow(Rollback)
    else attempt()
  }

  #runBlock(store: TestedStore, { steps, fails }: Block): void {
    this.#model.transaction(() => {
      for (const step of steps) this.#run(store, step)
      return !fails
    })
    if (fails) throw new Rollback()
  }

  // Their functions run in the order of the calls, each in a savepoint of its own.
  async #together(store: TestedStore, blocks: readonly Block[]): Promise<void> {
    const results = await Promise.allSettled(
      blocks.map((block) => store.writeAsync(() => this.#runBlock(store, block))),
    )
    const failed = results.map((result) => result.status === 'rejected')
    expect(failed).toEqual(blocks.map(({ fails }) => fails))
  }
}

function apply(store: TestedStore, verb: Verb): unknown {
  switch (verb.do) {
    case 'put':
      return store.items.put(verb.item)
    case 'update':
      return store.items.update(verb.id, (item) => ({ ...item, n: verb.n }))
    case 'delete':
      return store.items.delete(verb.id)
    case 'set':
      return store.settings.put({ n: verb.n })
  }
}

function applyToModel(model: StoreModel, verb: Verb): Outcome {
  switch (verb.do) {
    case 'put':
      return model.put(verb.item)
    case 'update':
      return model.update(verb.id, verb.n)
    case 'delete':
      return model.delete(verb.id)
    case 'set':
      return model.set(verb.n)
  }
}

function outcomeOf(fn: () => unknown): Outcome {
  try {
    return { gives: fn() }
  } catch (error) {
    if (!isStoreError(error)) throw error
    return { fails: error.code }
  }
}
