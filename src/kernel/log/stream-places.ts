/**
 * Where the events of a stream are, for readers: its newest event, and from there along `previous`.
 *
 * Two things are remembered between calls, so that a page of a long stream or one of many short
 * ones does not start over: the newest events of the tail's streams, and one walked chain. Both are
 * only ever extended by what was appended since. Places of events that went meanwhile stay in them,
 * which is harmless, because a sequence is never given twice; another log in the file ends both.
 */
import type { Connection } from '../connection/connection.ts'

const FIND = /* sql */ `
  SELECT id, head_version AS version, head_sequence AS sequence,
    (SELECT value FROM store WHERE key = 'logId') AS logId,
    ifnull((SELECT value FROM store WHERE key = 'headsThrough'), 0) AS through,
    ifnull((SELECT max(sequence) FROM events), 0) AS head
  FROM streams WHERE name = ?`
const TAIL = /* sql */ `
  SELECT group_concat(stream_id) AS streams, group_concat(sequence) AS sequences
  FROM (SELECT stream_id, sequence FROM events WHERE sequence > ? ORDER BY sequence)`
const NEWEST_IN_TAIL = /* sql */ `
  SELECT sequence FROM events WHERE sequence > ? AND stream_id = ? ORDER BY sequence DESC LIMIT 1`
const VERSION_OF = /* sql */ `SELECT version FROM events WHERE sequence = ?`
const chainSql = (bound: 'sequence' | 'version') => /* sql */ `
  WITH RECURSIVE chain (sequence, previous) AS (
    SELECT sequence, previous FROM events WHERE sequence = :newest AND ${bound} > :after
    UNION ALL
    SELECT events.sequence, events.previous FROM chain
    JOIN events ON events.sequence = chain.previous WHERE events.${bound} > :after)
  SELECT group_concat(sequence) AS sequences FROM chain`
const AFTER_VERSION = chainSql('version')
const AFTER_SEQUENCE = chainSql('sequence')
const VERSIONS = /* sql */ `
  SELECT group_concat(sequence) AS sequences, group_concat(version) AS versions
  FROM json_each(:sequences) AS list CROSS JOIN events ON events.sequence = list.value`

// The tail has some four thousand events; a reader that has seen many tails starts afresh.
const MAX_TAIL_STREAMS = 20_000
// Places of one stream, 16 bytes each.
const MAX_REMEMBERED = 250_000

interface StreamRow {
  readonly id: number
  /** Version and newest event up to `through`; the sequence is `null` when it is gone. */
  readonly version: number
  readonly sequence: number | null
  readonly logId: string
  readonly through: number
  /** The end of the log. */
  readonly head: number
}

/** The events of a stream, oldest first. */
interface Chain {
  readonly sequences: readonly number[]
  readonly versions: readonly number[]
}

interface RememberedChain extends Chain {
  readonly streamId: number
  /** Versions up to this are not in it, whether or not they are there. */
  readonly after: number
}

/** Finds events of streams through one connection. */
export class StreamPlaces {
  readonly #connection: Connection
  readonly #tail = new Map<number, number>()
  #logId: string | undefined
  #seen = 0
  #chain: RememberedChain | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /**
   * Sequences of the events after a version, of which `limit` are asked for; where there are more,
   * the others will be, soon. Some may be gone by now.
   */
  afterVersion(stream: string, after: number, limit: number): readonly number[] {
    const row = this.#find(stream)
    const newest = row && this.#newestOf(row)
    if (!row || newest === undefined) return []
    const remembered = this.#chain
    if (remembered?.streamId === row.id && remembered.after <= after) {
      return this.#fromRemembered(remembered, newest, after)
    }
    const sequences = this.#walk(AFTER_VERSION, newest, after)
    if (sequences.length > limit) {
      this.#remember({ ...this.#withVersions(sequences), streamId: row.id, after })
    }
    return sequences
  }

  /** Sequences of the events after a sequence. */
  afterSequence(stream: string, after: number): number[] {
    const row = this.#find(stream)
    const newest = row && this.#newestOf(row)
    return newest === undefined ? [] : this.#walk(AFTER_SEQUENCE, newest, after)
  }

  /** Version of a stream; 0 when it never had an event. Outlives its events. */
  versionOf(stream: string): number {
    const row = this.#find(stream)
    if (!row) return 0
    const newest = this.#newestOf(row)
    if (newest === undefined || newest === row.sequence) return row.version
    return this.#connection.get<{ version: number }>(VERSION_OF, [newest])?.version ?? row.version
  }

  #find(stream: string): StreamRow | undefined {
    return this.#connection.get<StreamRow>(FIND, [stream])
  }

  // The stream's newest event: in the table up to where heads were written, in the tail after it.
  #newestOf({ id, sequence, logId, through, head }: StreamRow): number | undefined {
    if (logId !== this.#logId || head < this.#seen) this.#forget(logId)
    // What is not committed may be undone: nothing of it is remembered.
    if (this.#connection.isWriting) {
      const newest = this.#connection.get<{ sequence: number }>(NEWEST_IN_TAIL, [through, id])
      return newest?.sequence ?? sequence ?? undefined
    }
    if (this.#seen < through || this.#tail.size > MAX_TAIL_STREAMS) {
      this.#tail.clear()
      this.#seen = through
    }
    if (head > this.#seen) this.#seeTail()
    return this.#tail.get(id) ?? sequence ?? undefined
  }

  #seeTail(): void {
    const tail = this.#connection.get<{ streams: string | null; sequences: string | null }>(TAIL, [
      this.#seen,
    ])
    const streams = numbersOf(tail?.streams)
    for (const [index, sequence] of numbersOf(tail?.sequences).entries()) {
      const stream = streams[index] ?? 0
      this.#tail.set(stream, Math.max(sequence, this.#tail.get(stream) ?? 0))
      this.#seen = Math.max(this.#seen, sequence)
    }
  }

  #fromRemembered(remembered: RememberedChain, newest: number, after: number): readonly number[] {
    let chain = remembered
    if (newest !== chain.sequences.at(-1)) {
      const last = chain.versions.at(-1) ?? after
      const more = this.#withVersions(this.#walk(AFTER_VERSION, newest, last))
      const sequences = [...chain.sequences, ...more.sequences]
      chain = { ...chain, sequences, versions: [...chain.versions, ...more.versions] }
      this.#remember(chain)
    }
    return chain.sequences.slice(firstAfter(chain.versions, after))
  }

  #walk(sql: string, newest: number, after: number): number[] {
    const row = this.#connection.get<{ sequences: string | null }>(sql, { newest, after })
    return rising(numbersOf(row?.sequences).reverse())
  }

  #withVersions(sequences: readonly number[]): Chain {
    const row = this.#connection.get<{ sequences: string | null; versions: string | null }>(
      VERSIONS,
      { sequences: JSON.stringify(sequences) },
    )
    return {
      sequences: rising(numbersOf(row?.sequences)),
      versions: rising(numbersOf(row?.versions)),
    }
  }

  #remember(chain: RememberedChain): void {
    const isKept = !this.#connection.isWriting && chain.sequences.length <= MAX_REMEMBERED
    this.#chain = isKept ? chain : undefined
  }

  #forget(logId: string): void {
    this.#tail.clear()
    this.#chain = undefined
    this.#logId = logId
    this.#seen = 0
  }
}

function numbersOf(text: string | null | undefined): number[] {
  return JSON.parse(`[${text ?? ''}]`) as number[]
}

// In order as a rule already, but SQLite promises none inside group_concat.
function rising(numbers: number[]): number[] {
  const isRising = numbers.every((one, index) => index === 0 || one > (numbers[index - 1] ?? 0))
  return isRising ? numbers : numbers.sort((a, b) => a - b)
}

// Index of the first version that is larger; versions rise.
function firstAfter(versions: readonly number[], after: number): number {
  let low = 0
  let high = versions.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((versions[middle] ?? 0) > after) high = middle
    else low = middle + 1
  }
  return low
}
