/** Importers of `memory/`: one folder a repository, and what holds for all of them. */
import type { Importer, ImportSource } from '../../index.ts'
import { listOr } from './import-files.ts'
import { type FileEvent, fromFile, fromList, fromRest, type RejectedPart } from './import-items.ts'
import { isMemory, repoOf } from './import-match.ts'
import { failureId, occurrencesOf } from './project-memory.ts'
import { streamOf } from './streams.ts'
import { isObject, type LegacyData, timeOf } from './values.ts'

/** `failures.json`. The tool's own check for repetitions races, so one failure can stand twice. */
export const failuresImporter: Importer = {
  name: 'memory-failures',
  format: 'file',
  matches: (source) => isMemory(source, 'failures', ['failures']),
  read: (source) =>
    fromFile(source, function* ({ failures, ...rest }) {
      yield* fromFailures(source, listOr(failures, rest, 'failures'))
      yield* fromRest(source, rest)
    }),
}

/** `patterns.json`. */
export const patternsImporter: Importer = {
  name: 'memory-patterns',
  format: 'file',
  matches: (source) =>
    isMemory(source, 'patterns', ['project', 'conventions', 'known_issues', 'patterns']),
  read: (source) =>
    fromFile(source, (data) => stateOf(source, 'patterns', data, timeOf(data['captured_at']))),
}

/** `metrics.json`. */
export const metricsImporter: Importer = {
  name: 'memory-metrics',
  format: 'file',
  matches: (source) => isMemory(source, 'metrics', ['baselines']),
  read: (source) =>
    fromFile(source, (data) => stateOf(source, 'metrics', data, timeOf(data['last_updated']))),
}

/** `decisions.json`. */
export const decisionsImporter: Importer = {
  name: 'memory-decisions',
  format: 'file',
  matches: (source) => isMemory(source, 'decisions', ['decisions']),
  read: (source) =>
    fromFile(source, function* ({ decisions, ...rest }) {
      yield* fromList(listOr(decisions, rest, 'decisions'), (data) => ({
        stream: streamOf('decisions', repoOf(source.path) ?? ''),
        type: 'pipeline.record.decision-made',
        data,
        occurredAtMs: timeOf(data['recorded_at']) ?? source.modifiedAtMs,
      }))
      yield* fromRest(source, rest)
    }),
}

/** `global.json`: lists of what was learnt. */
export const learningsImporter: Importer = {
  name: 'memory-global',
  format: 'file',
  matches: (source) =>
    isMemory(source, 'global', ['common_patterns', 'cross_repo_learnings', 'learnings']),
  read: (source) =>
    fromFile(source, function* (data) {
      const rest: { [field: string]: unknown } = {}
      for (const [name, list] of Object.entries(data)) {
        yield* fromList(listOr(list, rest, name), (learning) => ({
          stream: streamOf('learnings', name),
          type: 'pipeline.record.learning-added',
          data: learning,
          occurredAtMs:
            timeOf(learning['promoted_at']) ??
            timeOf(learning['captured_at']) ??
            source.modifiedAtMs,
        }))
      }
      yield* fromRest(source, rest)
    }),
}

function* fromFailures(
  source: ImportSource,
  list: readonly unknown[],
): Iterable<FileEvent | RejectedPart> {
  const repo = repoOf(source.path) ?? ''
  const byPattern = new Map<string, LegacyData[]>()
  for (const failure of list) {
    const pattern = isObject(failure) ? failure['pattern'] : undefined
    if (!isObject(failure) || typeof pattern !== 'string' || pattern === '') {
      yield { rejected: failure, reason: 'has no pattern' }
      continue
    }
    const same = byPattern.get(pattern)
    if (same) same.push(failure)
    else byPattern.set(pattern, [failure])
  }
  for (const [pattern, same] of byPattern) {
    const data = mergeFailures(same)
    const seen = timeOf(data['last_seen'])
    yield {
      stream: streamOf('failure', failureId(repo, pattern)),
      type: 'pipeline.record.failure-saved',
      data,
      occurredAtMs: seen ?? source.modifiedAtMs,
      stateAtMs: seen ?? undefined,
    }
  }
}

// What was seen last speaks for all of them, and has their counts; the others are kept within it.
function mergeFailures(same: readonly LegacyData[]): LegacyData {
  const lastSeen = (failure: LegacyData) => timeOf(failure['last_seen']) ?? 0
  const [last = {}, ...others] = same.toSorted((a, b) => lastSeen(b) - lastSeen(a))
  if (others.length === 0) return last
  const seen = same.reduce((sum, failure) => sum + occurrencesOf(failure), 0)
  return { ...last, seen_count: seen, merged: [last, ...others] }
}

function* stateOf(
  source: ImportSource,
  entity: 'patterns' | 'metrics',
  data: LegacyData,
  said: number | null,
): Iterable<FileEvent> {
  if (Object.keys(data).length === 0) return
  yield {
    stream: streamOf(entity, repoOf(source.path) ?? ''),
    type: `pipeline.record.${entity}-saved`,
    data,
    occurredAtMs: said ?? source.modifiedAtMs,
    stateAtMs: said ?? undefined,
  }
}
