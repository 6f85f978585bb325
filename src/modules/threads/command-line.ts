/** What `holdfast threads` does: carrying a thread away and taking one over, by its archive. */
import {
  type CommandInput,
  type ModuleCommand,
  type ModuleCommands,
  StoreError,
  writeFileWhole,
} from '../../index.ts'
import type { Threads } from './threads.ts'

// Written together: a line is a few hundred bytes, and each write is a call of the system's.
const WRITE_AT = 256 * 1024

const EXPORT: ModuleCommand<Threads> = {
  name: 'export',
  summary: 'write the archive of one thread to a file',
  description:
    'Writes the archive of one thread to a file: every event of it, as checksummed lines, from which `holdfast threads import` makes the thread again in another store. The file is there whole or not at all.',
  arguments: { thread: 'id of the thread', file: 'file to write' },
  flags: { force: 'replace a file that is there' },
  run: exportToFile,
}

const IMPORT: ModuleCommand<Threads> = {
  name: 'import',
  summary: 'take a thread over from its archive',
  description:
    'Takes a thread over from its archive. All of it is checked before anything is written. An import that did not come to its end is finished by the same command; of an archive that is there already nothing is stored.',
  arguments: { file: 'what `holdfast threads export` wrote' },
  options: {
    project: 'id of the project to put it into (default: its own, made when it is not there)',
  },
  isChanging: true,
  run: importFromFile,
}

const DISCARD: ModuleCommand<Threads> = {
  name: 'discard',
  summary: 'give up a thread that is half imported',
  description:
    'Gives up a thread that is half imported: what came in is deleted, and its ids stay used. Which are: holdfast query --preset unfinished-imports',
  arguments: { thread: 'id of the thread' },
  isChanging: true,
  run: discard,
}

/** The module's commands. */
export const THREADS_COMMANDS: ModuleCommands<Threads> = {
  summary: 'carry a thread to another store, and take one over',
  description: 'Carries a thread of this store to another, and takes one over, by its archive.',
  commands: [EXPORT, IMPORT, DISCARD],
}

function exportToFile(threads: Threads, { argument, flag, onProgress, isRedacting }: CommandInput) {
  if (isRedacting) {
    throw new StoreError('ARGUMENT_INVALID', 'an archive that hides something is none', {
      hint: 'for what may be shown around: holdfast export --json <folder> --redact',
    })
  }
  const [threadId, file] = [argument('thread'), argument('file')]
  // Its own stream; activities and the session come on top, and are few.
  const total = threads.get(threadId)?.version ?? 0
  const produce = (write: (bytes: Uint8Array) => void) => {
    let [text, lines] = ['', 0]
    const exported = threads.exportThreadTo(threadId, (line) => {
      text += `${line}\n`
      lines++
      if (text.length < WRITE_AT) return
      write(Buffer.from(text))
      text = ''
      onProgress(lines, total)
    })
    write(Buffer.from(text))
    return exported
  }
  const exported = writeFileWhole(file, produce, { isReplacing: flag('force') })
  const { events, sha256 } = exported
  return {
    json: { ...exported, file },
    text: [`exported thread '${threadId}': ${counted(events)}, archive ${sha256}`],
  }
}

function importFromFile(threads: Threads, { argument, option, ...input }: CommandInput) {
  const { isDryRun, onProgress } = input
  const projectId = option('project')
  const imported = threads.importThread(argument('file'), {
    ...(projectId === undefined ? {} : { projectId }),
    ...{ onProgress, dryRun: isDryRun },
  })
  const { threadId, projectId: project, events, stored } = imported
  const into = `thread '${threadId}' into project '${project}'`
  const does = isDryRun ? 'would import' : 'imported'
  const isThere = `thread '${threadId}' is there already, with all ${counted(events)}: nothing was stored`
  const text = stored === 0 ? isThere : `${does} ${into}: ${counted(stored)} of ${counted(events)}`
  return { json: { ...imported, isDryRun }, text: [text] }
}

function discard(threads: Threads, { argument, isDryRun }: CommandInput) {
  const given = threads.discardImport(argument('thread'), { dryRun: isDryRun })
  const { threadId, done, events } = given
  const does = isDryRun ? 'would give up' : 'gave up'
  const what = `${does} thread '${threadId}', of which ${thousands(done)} of ${counted(events)} had come in`
  return { json: { ...given, isDryRun }, text: [what] }
}

const counted = (events: number): string => `${thousands(events)} events`

// Not toLocaleString, which loads data of all languages first.
const thousands = (count: number): string => String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
