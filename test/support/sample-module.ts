/** A small module for unit tests: states that may be superseded, removals, and facts that are kept. */
import { defineModule, event, type Module, type Projector } from '../../src/index.ts'

/** The data of a saved note. */
export interface Note {
  readonly id: string
  readonly title: string
}

/** What a test may change. */
export interface NotesOptions {
  readonly version?: number
  readonly save?: Projector<Note>
  readonly more?: string
}

/** Names of the module's types. */
export const SAVED = 'notes.note.saved'
export const REMOVED = 'notes.note.removed'
export const READ = 'notes.note.read'

/** Folds a saved note as it should be. */
export const saveNote: Projector<Note> = (tx, { data }) =>
  void tx.run(
    `INSERT INTO notes_note (id, title) VALUES (:id, :title)
     ON CONFLICT (id) DO UPDATE SET title = excluded.title`,
    { id: data.id, title: data.title },
  )

/** Makes the module. */
export function notes(options: NotesOptions = {}): Module<undefined> {
  const { version = 1, save = saveNote, more } = options
  return defineModule({
    name: 'notes',
    version,
    events: {
      [SAVED]: event<Note>(undefined, { state: true, keep: 'latest' }),
      [REMOVED]: event<{ readonly id: string }>(undefined, { removes: true }),
      [READ]: event<{ readonly id: string }>(),
    },
    migrations: [
      {
        id: '0001-initial',
        sql: `CREATE TABLE notes_note (id TEXT PRIMARY KEY, title TEXT NOT NULL UNIQUE) STRICT;
          CREATE TABLE notes_reading (id TEXT NOT NULL, at INTEGER NOT NULL) STRICT`,
      },
      ...(more === undefined ? [] : [{ id: '0002-more', sql: more }]),
    ],
    project: {
      [SAVED]: save,
      [REMOVED]: (tx, { data }) => void tx.run('DELETE FROM notes_note WHERE id = ?', [data.id]),
      [READ]: (tx, { data, occurredAtMs }) =>
        void tx.run('INSERT INTO notes_reading VALUES (?, ?)', [data.id, occurredAtMs]),
    },
    api: () => undefined,
  })
}

/** A saved note as an event, and its stream. */
export function saved(id: string, title: string) {
  return [`notes.note/${id}`, { type: SAVED, data: { id, title } }] as const
}

/** A note read, as an event, and its stream. */
export function read(id: string) {
  return [`notes.note/${id}`, { type: READ, data: { id } }] as const
}

/** A note removed, as an event, and its stream. */
export function removed(id: string) {
  return [`notes.note/${id}`, { type: REMOVED, data: { id } }] as const
}
