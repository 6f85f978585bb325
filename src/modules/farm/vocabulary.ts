/**
 * The words that a builder's status and type may be. They are checked where a row is put and not by
 * a table, so that a farm with further words shares its store with one that has never heard of them.
 */
import { StoreError } from '../../index.ts'

/** Statuses that every farm knows. */
export const STATUSES: readonly string[] = [
  'initializing',
  'spawning',
  'implementing',
  'idle',
  'busy',
  'blocked',
  'reviewing',
  'pr-ready',
  'pr',
  'complete',
  'failed',
  'stopped',
]

/** Types that every farm knows. */
export const TYPES: readonly string[] = [
  'spec',
  'task',
  'protocol',
  'shell',
  'worktree',
  'bugfix',
  'pir',
]

/** The words of one farm. */
export interface Vocabulary {
  readonly statuses: readonly string[]
  readonly types: readonly string[]
}

/** Throws `ARGUMENT_INVALID` for a word that the farm does not know. */
export function checkWord(vocabulary: Vocabulary, field: 'status' | 'type', word: string): void {
  const words = field === 'status' ? vocabulary.statuses : vocabulary.types
  if (words.includes(word)) return
  throw new StoreError('ARGUMENT_INVALID', `'${word}' is no ${field} of a builder`, {
    hint: `use one of ${words.join(', ')}; or widen them: farmModule({ ${field === 'status' ? 'statuses' : 'types'}: ['${word}'] })`,
  })
}
