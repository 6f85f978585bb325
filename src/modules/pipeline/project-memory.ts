/** Folding what the tool remembers of a repository: failures, patterns, metrics, decisions. */
import type { Projector } from '../../index.ts'
import { hashOf, idOf } from './streams.ts'
import { fieldsOf, integerOf, isObject, type LegacyData, numberOf, textOf } from './values.ts'

const PUT_FAILURE = /* sql */ `
  INSERT OR REPLACE INTO pipeline_memory_failure (repo, signature, pattern, stage, category,
    root_cause, fix, occurrences, fixes_applied, fixes_resolved, effectiveness_pct, last_seen_at_ms)
  VALUES (:repo, :signature, :pattern, :stage, :category, :rootCause, :fix, :occurrences,
    :applied, :resolved, :effectiveness, :atMs)`
const DROP_FAILURE = /* sql */ `
  DELETE FROM pipeline_memory_failure WHERE repo = :repo AND signature = :signature`
const CLEAR_PATTERNS = /* sql */ `DELETE FROM pipeline_memory_pattern WHERE repo = ?`
const ADD_PATTERN = /* sql */ `
  INSERT OR REPLACE INTO pipeline_memory_pattern (repo, kind, key, value)
  VALUES (:repo, :kind, :key, :value)`
const CLEAR_METRICS = /* sql */ `DELETE FROM pipeline_memory_metric WHERE repo = ?`
const ADD_METRIC = /* sql */ `
  INSERT OR REPLACE INTO pipeline_memory_metric (repo, name, value, updated_at_ms)
  VALUES (:repo, :name, :value, :atMs)`
const ADD_DECISION = /* sql */ `
  INSERT INTO pipeline_memory_decision (decision_id, repo, kind, summary, detail, recorded_at_ms)
  VALUES (:id, :repo, :kind, :summary, :detail, :atMs)`
const ADD_LEARNING = /* sql */ `
  INSERT INTO pipeline_memory_learning (learning_id, kind, summary, repo, category, recorded_at_ms)
  VALUES (:id, :kind, :summary, :repo, :category, :atMs)`

/** Name of a failure within its repository. */
export function signatureOf(pattern: string): string {
  return hashOf(pattern)
}

/** Id of a failure's stream: repository and signature. */
export function failureId(repo: string, pattern: string): string {
  return `${repo}/${signatureOf(pattern)}`
}

/** A failure as `failures.json` has it. */
export const projectFailure: Projector<LegacyData> = (tx, { stream, occurredAtMs, data: any }) => {
  const data = fieldsOf(any)
  const applied = integerOf(data['times_fix_applied'] ?? data['fix_applied']) ?? 0
  const resolved = integerOf(data['times_fix_resolved'] ?? data['fix_resolved']) ?? 0
  const rate = integerOf(data['fix_effectiveness_rate'])
  const effectiveness = rate ?? (applied > 0 ? Math.floor((resolved * 100) / applied) : null)
  tx.run(PUT_FAILURE, {
    ...placeOf(stream),
    pattern: textOf(data['pattern']) ?? '',
    stage: textOf(data['stage']),
    category: textOf(data['category']),
    rootCause: textOf(data['root_cause']),
    fix: textOf(data['fix']),
    occurrences: occurrencesOf(data),
    applied,
    resolved,
    effectiveness,
    atMs: occurredAtMs,
  })
}

/** A failure that was forgotten. */
export const projectFailureRemoved: Projector<LegacyData> = (tx, { stream }) => {
  tx.run(DROP_FAILURE, placeOf(stream))
}

/** How often a failure was seen. */
export function occurrencesOf(failure: LegacyData): number {
  return Math.max(1, integerOf(failure['seen_count'] ?? failure['count']) ?? 1)
}

/** The file `patterns.json`: groups of named values, and lists. */
export const projectPatterns: Projector<LegacyData> = (tx, { stream, data }) => {
  const repo = idOf(stream)
  tx.run(CLEAR_PATTERNS, [repo])
  for (const [kind, group] of Object.entries(fieldsOf(data))) {
    if (!Array.isArray(group) && !isObject(group)) continue
    for (const [key, value] of Object.entries(group)) {
      const text = isObject(value) || Array.isArray(value) ? JSON.stringify(value) : textOf(value)
      if (text === null) continue
      tx.run(ADD_PATTERN, { repo, kind: clean(kind), key: clean(key), value: text.toWellFormed() })
    }
  }
}

/** The file `metrics.json`: what is usual. */
export const projectMetrics: Projector<LegacyData> = (tx, { stream, occurredAtMs, data }) => {
  const repo = idOf(stream)
  tx.run(CLEAR_METRICS, [repo])
  for (const [name, value] of Object.entries(fieldsOf(fieldsOf(data)['baselines']))) {
    const number = numberOf(value)
    if (number === null) continue
    tx.run(ADD_METRIC, { repo, name: clean(name), value: number, atMs: occurredAtMs })
  }
}

/** An element of `decisions.json`. */
export const projectDecision: Projector<LegacyData> = (tx, event) => {
  const data = fieldsOf(event.data)
  tx.run(ADD_DECISION, {
    id: event.sequence,
    repo: idOf(event.stream),
    kind: textOf(data['type']),
    summary: textOf(data['summary']),
    detail: textOf(data['detail']),
    atMs: event.occurredAtMs,
  })
}

/** An element of one of the lists in `global.json`. */
export const projectLearning: Projector<LegacyData> = (tx, event) => {
  const data = fieldsOf(event.data)
  tx.run(ADD_LEARNING, {
    id: event.sequence,
    kind: idOf(event.stream),
    summary: textOf(data['pattern']) ?? textOf(data['lesson']) ?? textOf(data['type']),
    repo: textOf(data['repo']),
    category: textOf(data['category']),
    atMs: event.occurredAtMs,
  })
}

function placeOf(stream: string): { repo: string; signature: string } {
  const id = idOf(stream)
  const slash = id.lastIndexOf('/')
  return { repo: id.slice(0, slash), signature: id.slice(slash + 1) }
}

function clean(name: string): string {
  return name.slice(0, 400).toWellFormed()
}
