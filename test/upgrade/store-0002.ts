/**
 * What is in `0002.db`: bodies in packs, in their rows and in a payload of their own. How the file was
 * made, once, and the modules that it was made with; neither may change any more.
 */
import { collection, defineModule, event, openStore } from '../../dist/index.js'

const FIRST_MS = 1_767_225_600_000

/** A task, whose earlier states go. */
export interface Task {
  readonly id: string
  readonly text: string
}

const diary = defineModule({
  name: 'diary',
  version: 1,
  events: { 'diary.note.added': event<{ readonly text: string }>() },
  migrations: [
    {
      id: '0001-initial',
      sql: 'CREATE TABLE diary_note (sequence INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT',
    },
  ],
  project: {
    'diary.note.added': (tx, { sequence, data }) =>
      void tx.run('INSERT INTO diary_note VALUES (?, ?)', [sequence, data.text]),
  },
  api: () => undefined,
})

/** The modules that the file was made with. */
export const MODULES = { tasks: collection<Task>(), diary }

/** The text of a task or a note: none is like another, and some characters take three bytes. */
export function textOf(n: number): string {
  return `${n * 7919} “${`日本 and what was said of ${n % 13}, `.repeat(6)}” ${n}`
}

/** Makes the store; called once, for the file that is checked in. */
export function makeStore(path: string): void {
  // How often the clock is asked is nobody's promise.
  const store = openStore(path, MODULES, { clock: () => FIRST_MS, autoPrune: false })
  const note = (text: string, metadata?: { readonly actor: string }) =>
    store.log.append('diary.note/today', {
      type: 'diary.note.added',
      data: { text },
      ...(metadata && { metadata }),
    })
  for (let n = 0; n < 60; n++) store.tasks.put({ id: `t${n}`, text: textOf(n) })
  for (let n = 0; n < 60; n++) note(textOf(-n), n % 7 === 0 ? { actor: 'ada' } : undefined)
  note('short')
  note('long '.repeat(2000))
  store.prune({ hotEvents: 0 })
  // Behind the packs, and of the bodies in them some that nothing refers to any more.
  for (let n = 0; n < 20; n++) store.tasks.put({ id: `t${n}`, text: `again ${n}` })
  store.close()
}
