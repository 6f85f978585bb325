/** A module with plain events and its releases, as different programs on one store have them. */
import { defineModule, event } from '../../../dist/index.js'

const INITIAL = /* sql */ `
  CREATE TABLE tally_totals (
    name TEXT PRIMARY KEY, entries INTEGER NOT NULL, total INTEGER NOT NULL
  ) STRICT`
const ADD_NOTE = /* sql */ `ALTER TABLE tally_totals ADD COLUMN note TEXT`
const RENAME = /* sql */ `ALTER TABLE tally_totals RENAME total TO amount`
// Long enough to be killed in the middle of.
const SLOW = /* sql */ `
  CREATE TABLE tally_slow (n INTEGER NOT NULL) STRICT;
  INSERT INTO tally_slow
    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 300000) SELECT n FROM c;
  CREATE INDEX tally_slow_by_n ON tally_slow (n)`
const NOTE = /* sql */ `UPDATE tally_totals SET note = :note WHERE name = :name`

const add = (column) => /* sql */ `
  INSERT INTO tally_totals (name, entries, ${column}) VALUES (:name, 1, :amount)
  ON CONFLICT (name) DO UPDATE SET
    entries = entries + 1, ${column} = ${column} + excluded.${column}`

/** What a release has of its own, by the name that tests and workers use for it. */
const RELEASES = {
  first: {},
  // A new type and a nullable column: no reason for a new version.
  additive: { steps: [{ id: 'column-note', isAdditive: true, sql: ADD_NOTE }], hasNotes: true },
  // The same version with another fold: the mistake that `verify` is there for.
  drifted: { factor: 2 },
  // The other fold as it should come: old events give other tables.
  raised: { version: 2, factor: 2 },
  // Stores events without folding them, as an import does where the module's code is not at hand.
  blind: { isBlind: true },
  breaking: { version: 2, column: 'amount', steps: [{ id: '0002-rename', sql: RENAME }] },
  slow: { version: 2, steps: [{ id: '0002-slow', sql: SLOW }], local: ['tally_slow'] },
}

/** The module as a release has it. */
export function tally(release = 'first') {
  const { version = 1, factor = 1, column = 'total', steps = [], ...own } = RELEASES[release]
  const addition = add(column)
  return defineModule({
    name: 'tally',
    version,
    migrations: [{ id: '0001-initial', sql: INITIAL }, ...steps],
    local: own.local ?? [],
    events: {
      'tally.entry.added': event(),
      ...(own.hasNotes && { 'tally.entry.noted': event() }),
    },
    project: {
      'tally.entry.added': (tx, { data: { name, amount } }) =>
        own.isBlind || tx.run(addition, { name, amount: amount * factor }),
      ...(own.hasNotes && { 'tally.entry.noted': (tx, { data }) => tx.run(NOTE, data) }),
    },
    api: (store) => ({
      add: (name, amount = 1) => store.log.append(`tally.entry/${name}`, added(name, amount)),
      note: (name, note) =>
        store.log.append(`tally.entry/${name}`, {
          type: 'tally.entry.noted',
          data: { name, note },
        }),
      rows: () => store.read((tx) => tx.all('SELECT * FROM tally_totals ORDER BY name')),
    }),
  })
}

/** The event that adds to a total. */
export function added(name, amount = 1) {
  return { type: 'tally.entry.added', data: { name, amount } }
}
