/**
 * Any history of a mirror: appends by three connections of which any may stop without closing, and a file that
 * is cut off, emptied, renamed, deleted or written into by others meanwhile.
 *
 * Invariants: at the end the file has, from the sequence that its first line says to the end of the log, each
 * event once and as the log has it; where nobody has taken lines away, the files that it was renamed to have
 * the rest, so that all together are the log; where it may have so many bytes, it has no more, or one line.
 */
import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openStore } from '../../dist/index.js'
import { asLines, type EventLine } from '../support/mirror-lines.ts'
import { rounds } from '../support/soak.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { added, tally } from '../support/workers/tally.mjs'

const WRITERS = 3
const FOREIGN = '{"foreign":true}\n'
const BODIES = ['a', 'line\nand \u2028 more', 'x'.repeat(70_000)]

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      by: fc.nat(WRITERS - 1),
      body: fc.constantFrom(...BODIES),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('catchUp' as const), by: fc.nat(WRITERS - 1) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('kill' as const), by: fc.nat(WRITERS - 1) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('close' as const), by: fc.nat(WRITERS - 1) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cut' as const), bytes: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('empty' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rename' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('foreign' as const) }),
  },
)

const LARGE_BYTES = 100_000
// A few short lines, and one of the long ones.
const sizes = fc.constantFrom(Number.POSITIVE_INFINITY, 700, LARGE_BYTES)

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never
type Line = EventLine & { readonly holdfast?: string; readonly foreign?: true }

// What others have written may stand in the middle of one of ours that was torn: that is then written again.
function linesOf(file: string): Line[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as Line]
    } catch {
      return []
    }
  })
}

function eventsOf(file: string): Line[] {
  return linesOf(file).filter(({ foreign, holdfast }) => !foreign && holdfast === undefined)
}

/** The store, its mirror, and who has it open. */
class World {
  readonly path: string
  readonly file: string
  readonly #stores: ReturnType<World['open']>[] = []
  readonly rotated: string[] = []
  /** Nobody has taken lines away. */
  isWhole: boolean
  readonly #killed: ReturnType<World['open']>[] = []
  readonly #maxBytes: number

  constructor(folder: string, maxBytes: number) {
    this.path = join(folder, 'state.db')
    this.file = join(dirname(this.path), 'events.jsonl')
    this.#maxBytes = maxBytes
    // A file that is full takes the place of the one before it.
    this.isWhole = maxBytes === Number.POSITIVE_INFINITY
  }

  open() {
    const mirror = { path: this.file, maxBytes: this.#maxBytes }
    return openStore(this.path, { tally: tally() }, { mirror })
  }

  take(one: Step): void {
    if (one.do === 'append') {
      const { count, body } = one
      this.#by(one.by).write((tx) => {
        for (let n = 0; n < count; n++) tx.append(`tally.entry/${body[0]}`, added(body))
      })
    } else if (one.do === 'catchUp') this.#by(one.by).mirror.catchUp()
    else if (one.do === 'close') this.#leave(one.by)
    // Its lines stay unwritten; nothing of it runs any more, since no step waits.
    else if (one.do === 'kill') this.#kill(one.by)
    else if (one.do === 'cut') this.#cut(one.bytes)
    else this.#happen(one)
  }

  /** The log, after its mirror has caught up. */
  finish(): EventLine[] {
    for (let by = 0; by < WRITERS; by++) this.#leave(by)
    using store = this.open()
    store.mirror.catchUp()
    return asLines([...store.log.pages()].flat())
  }

  /** Lets go of what the killed have open. */
  [Symbol.dispose](): void {
    for (const store of this.#killed) store.close()
  }

  #happen(one: Step): void {
    if (!existsSync(this.file)) return
    this.isWhole &&= one.do === 'rename' || one.do === 'foreign'
    if (one.do === 'empty') truncateSync(this.file)
    if (one.do === 'delete') rmSync(this.file)
    // Into an empty one it would be the first, and the file no mirror any more.
    if (one.do === 'foreign' && statSync(this.file).size > 0) appendFileSync(this.file, FOREIGN)
    if (one.do === 'rename') {
      this.rotated.push(`${this.file}.${this.rotated.length + 1}`)
      renameSync(this.file, this.rotated.at(-1) ?? '')
    }
  }

  // Never into the first line: without it a file is begun anew, as after `empty`.
  #cut(bytes: number): void {
    if (!existsSync(this.file)) return
    this.isWhole = false
    const content = readFileSync(this.file)
    const first = content.indexOf('\n') + 1
    truncateSync(this.file, Math.max(first, content.length - bytes))
  }

  #by(by: number) {
    const store = this.#stores[by] ?? this.open()
    this.#stores[by] = store
    return store
  }

  #kill(by: number): void {
    const store = this.#stores[by]
    if (store) this.#killed.push(store)
    delete this.#stores[by]
  }

  #leave(by: number): void {
    this.#stores[by]?.close()
    delete this.#stores[by]
  }
}

test('whatever happens to its file, a mirror goes from where its first line says to the end of the log', () => {
  const folder = tempFolder()
  let runs = 0
  fc.assert(
    fc.property(sizes, fc.array(step, { minLength: 1, maxLength: 25 }), (maxBytes, steps) => {
      using world = new World(join(folder, String(runs++)), maxBytes)
      for (const one of steps) world.take(one)
      const log = world.finish()
      // It was full with its last line, and the next makes another.
      if (!existsSync(world.file)) renameSync(`${world.file}.1`, world.file)
      const [head] = linesOf(world.file)
      expect(head?.holdfast).toBe('mirror')
      expect(eventsOf(world.file)).toEqual(log.slice(head?.sequence))
      const isOurs = steps.every((one) => one.do !== 'foreign' && one.do !== 'cut')
      const mayBeLarger = !isOurs || eventsOf(world.file).length <= 1
      if (!mayBeLarger) expect(statSync(world.file).size).toBeLessThanOrEqual(maxBytes)
      if (world.isWhole) expect([...world.rotated, world.file].flatMap(eventsOf)).toEqual(log)
    }),
    { numRuns: rounds(60, 2_000) },
  )
})
