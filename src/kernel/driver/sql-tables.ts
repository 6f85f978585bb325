/**
 * Which tables one statement names, told from its text: those it changes, those it reads, and what it
 * makes. For rules about whose table is whose; what a trigger or a foreign key does besides stands in
 * the statement that made it.
 *
 * No parser: tables stand after a handful of words that SQLite reserves (FROM, JOIN, INTO, …) and
 * after the commas of a FROM clause, which each pair of brackets has for itself.
 */
import { nameOf, type SqlToken, wordOf } from './sql-tokens.ts'

/** Names in lower case, as SQLite compares them; one of another database keeps its prefix: `temp.x`. */
export interface SqlTables {
  /** Targets of INSERT, UPDATE, DELETE, ALTER and DROP, and what an index or a trigger is put on. */
  readonly changed: ReadonlySet<string>
  /** What rows are taken from, functions such as `json_each` included. */
  readonly read: ReadonlySet<string>
  /** Tables, views, indexes and triggers that it creates, or that get this name. */
  readonly made: ReadonlySet<string>
}

/** The tables that a statement names. */
export function tablesOf(statement: readonly SqlToken[]): SqlTables {
  return new TableScan(statement).tables
}

const ENDS_FROM: ReadonlySet<string> = new Set(
  'WHERE GROUP HAVING ORDER LIMIT WINDOW UNION EXCEPT INTERSECT RETURNING SELECT VALUES SET DO'.split(
    ' ',
  ),
)
const ROWS: ReadonlySet<string> = new Set(['SELECT', 'VALUES', 'WITH'])

class TableScan {
  readonly tables = { changed: new Set<string>(), read: new Set<string>(), made: new Set<string>() }
  readonly #tokens: readonly SqlToken[]
  readonly #withNames: ReadonlySet<string>
  /** For each open bracket, the outermost first: whether a comma is followed by a table. */
  #isFrom = [false]
  #place = 0
  /** An index or a trigger was named, and its table comes after ON. */
  #waitsForOn = false

  constructor(tokens: readonly SqlToken[]) {
    this.#tokens = tokens
    this.#withNames = withNames(tokens)
    while (this.#place < tokens.length) this.#step(this.#word(0))
  }

  #step(word: string): void {
    const at = this.#place
    this.#place = at + 1
    switch (word) {
      case '(':
        this.#isFrom.push(false)
        break
      case ')':
        if (this.#isFrom.length > 1) this.#isFrom.pop()
        break
      case ';':
        this.#isFrom = [false]
        break
      case ',':
        if (this.#isFrom.at(-1)) this.#takeSource()
        break
      case 'FROM':
        if (wordOf(this.#tokens[at - 1]) === 'DELETE') this.#take(this.tables.changed)
        // IS DISTINCT FROM compares two values.
        else if (wordOf(this.#tokens[at - 1]) !== 'DISTINCT') this.#takeSource()
        break
      case 'JOIN':
        this.#takeSource()
        break
      case 'IN':
      case 'REFERENCES':
        this.#take(this.tables.read)
        break
      case 'INTO':
        this.#take(this.tables.changed)
        break
      case 'UPDATE':
        this.#update(wordOf(this.#tokens[at - 1]))
        break
      case 'ON':
        if (this.#waitsForOn) this.#take(this.tables.changed)
        this.#waitsForOn = false
        break
      case 'RENAME':
        if (this.#skip('TO')) this.#take(this.tables.made)
        break
      case 'CREATE':
      case 'DROP':
      case 'ALTER':
        if (at === 0) this.#define(word)
        break
      default:
        if (ENDS_FROM.has(word)) this.#setFrom(false)
    }
  }

  // A table, or in brackets a join of tables or a SELECT.
  #takeSource(): void {
    this.#setFrom(true)
    while (this.#word(0) === '(' && !ROWS.has(this.#word(1))) {
      this.#isFrom.push(true)
      this.#place += 1
    }
    this.#take(this.tables.read)
  }

  // Not ON UPDATE of a foreign key, DO UPDATE SET of an upsert, UPDATE OF and UPDATE ON of a trigger.
  #update(before: string): void {
    if (before === 'ON') return
    if (this.#skip('OR')) this.#place += 1
    if (!['SET', 'OF', 'ON'].includes(this.#word(0))) this.#take(this.tables.changed)
  }

  #define(verb: string): void {
    const isTemporary = this.#skip('TEMP') || this.#skip('TEMPORARY')
    this.#skip('UNIQUE')
    const isVirtual = this.#skip('VIRTUAL')
    const kind = this.#word(0)
    this.#place += 1
    if (this.#skip('IF')) {
      this.#skip('NOT')
      this.#skip('EXISTS')
    }
    this.#take(
      verb === 'CREATE' ? this.tables.made : this.tables.changed,
      isTemporary ? 'temp.' : '',
    )
    this.#waitsForOn = verb === 'CREATE' && (kind === 'INDEX' || kind === 'TRIGGER')
    // What follows is for the virtual table's own module, which has a grammar of its own.
    if (isVirtual) this.#place = this.#tokens.length
  }

  // A name that WITH has given to a SELECT of this statement is no table.
  #take(names: Set<string>, prefix = ''): void {
    const name = this.#name()
    if (name === undefined) return
    if (this.#word(0) === '.') {
      this.#place += 1
      const rest = this.#name() ?? ''
      names.add(name === 'main' ? rest : `${name}.${rest}`)
    } else if (!this.#withNames.has(name)) names.add(prefix + name)
  }

  #name(): string | undefined {
    const token = this.#tokens[this.#place]
    if (token?.kind !== 'word' && token?.kind !== 'text') return undefined
    if (ROWS.has(wordOf(token))) return undefined
    this.#place += 1
    return nameOf(token).toLowerCase()
  }

  #skip(word: string): boolean {
    if (this.#word(0) !== word) return false
    this.#place += 1
    return true
  }

  #word(ahead: number): string {
    return wordOf(this.#tokens[this.#place + ahead])
  }

  #setFrom(isFrom: boolean): void {
    this.#isFrom[this.#isFrom.length - 1] = isFrom
  }
}

// WITH name [(columns)] AS [[NOT] MATERIALIZED] (SELECT …
function withNames(tokens: readonly SqlToken[]): Set<string> {
  const names = new Set<string>()
  if (!tokens.some((token) => wordOf(token) === 'WITH')) return names
  for (let place = 1; place < tokens.length; place++) {
    if (wordOf(tokens[place]) !== 'AS') continue
    let next = place + 1
    if (wordOf(tokens[next]) === 'NOT') next += 1
    if (wordOf(tokens[next]) === 'MATERIALIZED') next += 1
    if (wordOf(tokens[next]) !== '(' || !ROWS.has(wordOf(tokens[next + 1]))) continue
    const name = tokens[beforeBrackets(tokens, place - 1)]
    if (name) names.add(nameOf(name).toLowerCase())
  }
  return names
}

function beforeBrackets(tokens: readonly SqlToken[], end: number): number {
  if (wordOf(tokens[end]) !== ')') return end
  let place = end
  while (place > 0 && wordOf(tokens[place]) !== '(') place -= 1
  return place - 1
}
