/** What is remembered of repositories. A repository is named as its folder in `memory/` is; `''` is none. */
import { type ModuleStore, StoreError, type WriteTransaction } from '../../index.ts'
import { idNameOf, limitOf, nameOf, present } from './arguments.ts'
import { failureId, signatureOf } from './project-memory.ts'
import { streamOf } from './streams.ts'
import type {
  Decision,
  Failure,
  Learning,
  Metric,
  NewDecision,
  NewFailure,
  Pattern,
} from './types.ts'
import { fieldsOf, type LegacyData } from './values.ts'

const FAILURE = /* sql */ `
  SELECT repo, pattern, stage, category, root_cause AS rootCause, fix, occurrences,
    fixes_applied AS fixesApplied, fixes_resolved AS fixesResolved,
    effectiveness_pct AS effectivenessPct, last_seen_at_ms AS lastSeenAtMs
  FROM pipeline_memory_failure`
const GET_FAILURE = /* sql */ `${FAILURE} WHERE repo = :repo AND signature = :signature`
const LIST_FAILURES = /* sql */ `
  ${FAILURE} WHERE repo = :repo AND (:stage IS NULL OR stage = :stage)
  ORDER BY occurrences DESC, last_seen_at_ms DESC, signature LIMIT :limit`
const PATTERNS = /* sql */ `
  SELECT kind, key, value FROM pipeline_memory_pattern WHERE repo = ? ORDER BY kind, key LIMIT 10000`
const METRICS = /* sql */ `
  SELECT name, value, updated_at_ms AS updatedAtMs FROM pipeline_memory_metric
  WHERE repo = ? ORDER BY name LIMIT 10000`
const DECISIONS = /* sql */ `
  SELECT decision_id AS id, kind, summary, detail, recorded_at_ms AS recordedAtMs
  FROM pipeline_memory_decision WHERE repo = :repo
  ORDER BY recorded_at_ms DESC, decision_id DESC LIMIT :limit`
const LEARNINGS = /* sql */ `
  SELECT learning_id AS id, kind, summary, repo, category, recorded_at_ms AS recordedAtMs
  FROM pipeline_memory_learning WHERE kind = :kind
  ORDER BY recorded_at_ms DESC, learning_id DESC LIMIT :limit`

/** Failures, patterns, metrics, decisions and learnings. */
export class Memory {
  readonly #store: ModuleStore

  /** @internal Use `store.pipeline.memory`. */
  constructor(store: ModuleStore) {
    this.#store = store
  }

  /** Remembers a failure: one that is known is counted, and what is newly known of it is added. */
  captureFailure(repo: string, failure: NewFailure): Failure {
    const pattern = nameOf(failure.pattern, 'pattern')
    const { stage, category, rootCause, fix } = failure
    const stream = streamOf('failure', failureId(repoNameOf(repo), pattern))
    return this.#store.write((tx) => {
      const occurrences = this.failure(repo, pattern)?.occurrences ?? 0
      const atMs = this.#store.clock()
      tx.append(stream, {
        type: 'pipeline.record.failure-saved',
        data: {
          ...this.#lastOf(stream),
          ...present({ pattern, stage, category, root_cause: rootCause, fix }),
          seen_count: occurrences + 1,
          last_seen: new Date(atMs).toISOString(),
        },
        occurredAtMs: atMs,
      })
      return this.#mustFind(repo, pattern)
    })
  }

  /** Notes that the fix of a failure was applied, and whether that helped. */
  noteFix(repo: string, pattern: string, hasResolved: boolean): Failure {
    const stream = streamOf('failure', failureId(repo, pattern))
    return this.#store.write((tx) => {
      const { fixesApplied, fixesResolved, lastSeenAtMs } = this.#mustFind(repo, pattern)
      const { fix_effectiveness_rate: _, ...last } = this.#lastOf(stream)
      tx.append(stream, {
        type: 'pipeline.record.failure-saved',
        data: {
          ...last,
          times_fix_applied: fixesApplied + 1,
          times_fix_resolved: fixesResolved + (hasResolved ? 1 : 0),
        },
        occurredAtMs: lastSeenAtMs,
      })
      return this.#mustFind(repo, pattern)
    })
  }

  /** A failure by its exact pattern. */
  failure(repo: string, pattern: string): Failure | undefined {
    const signature = signatureOf(pattern)
    return this.#store.read((tx) => tx.get<Failure>(GET_FAILURE, { repo, signature }))
  }

  /** Failures of a repository, the most frequent first. */
  failures(
    repo: string,
    { stage = null, limit }: { readonly stage?: string | null; readonly limit?: number } = {},
  ): Failure[] {
    const parameters = { repo, stage, limit: limitOf(limit) }
    return this.#store.read((tx) => tx.all<Failure>(LIST_FAILURES, parameters))
  }

  /** Forgets a failure; false when it was not known. */
  forgetFailure(repo: string, pattern: string): boolean {
    return this.#store.write((tx) => {
      if (!this.failure(repo, pattern)) return false
      tx.append(streamOf('failure', failureId(repo, pattern)), {
        type: 'pipeline.record.failure-removed',
        data: { pattern },
      })
      return true
    })
  }

  /** Replaces what is known of a repository: groups of named values, as `patterns.json` has them. */
  putPatterns(repo: string, patterns: LegacyData): void {
    this.#store.write((tx) => this.#save(tx, 'patterns', repo, patterns))
  }

  /** What is known of a repository. */
  patterns(repo: string): Pattern[] {
    return this.#store.read((tx) => tx.all<Pattern>(PATTERNS, [repo]))
  }

  /** Sets what is usual, one number at a time. */
  putMetric(repo: string, name: string, value: number): void {
    if (!Number.isFinite(value)) {
      throw new StoreError('ARGUMENT_INVALID', `metric '${name}' is ${value}`, {
        hint: 'give a finite number',
      })
    }
    this.#store.write((tx) => {
      const last = this.#lastOf(streamOf('metrics', repoNameOf(repo)))
      const baselines = { ...fieldsOf(last['baselines']), [nameOf(name, 'metric')]: value }
      this.#save(tx, 'metrics', repo, { ...last, baselines })
    })
  }

  /** What is usual in a repository. */
  metrics(repo: string): Metric[] {
    return this.#store.read((tx) => tx.all<Metric>(METRICS, [repo]))
  }

  /** Remembers a decision. */
  putDecision(repo: string, { kind, summary, detail }: NewDecision): void {
    this.#store.log.append(streamOf('decisions', repoNameOf(repo)), {
      type: 'pipeline.record.decision-made',
      data: present({ type: kind, summary, detail }),
    })
  }

  /** Decisions of a repository, the newest first. */
  decisions(repo: string, { limit }: { readonly limit?: number } = {}): Decision[] {
    const parameters = { repo, limit: limitOf(limit) }
    return this.#store.read((tx) => tx.all<Decision>(DECISIONS, parameters))
  }

  /** Remembers something for all repositories, in the list `kind`. */
  putLearning(kind: string, learning: LegacyData): void {
    this.#store.log.append(streamOf('learnings', idNameOf(kind, 'list')), {
      type: 'pipeline.record.learning-added',
      data: learning,
    })
  }

  /** What was learnt, the newest first: `common_patterns`, `cross_repo_learnings`. */
  learnings(kind: string, { limit }: { readonly limit?: number } = {}): Learning[] {
    const parameters = { kind, limit: limitOf(limit) }
    return this.#store.read((tx) => tx.all<Learning>(LEARNINGS, parameters))
  }

  #save(
    tx: WriteTransaction,
    entity: 'patterns' | 'metrics',
    repo: string,
    data: LegacyData,
  ): void {
    tx.append(streamOf(entity, repoNameOf(repo)), { type: `pipeline.record.${entity}-saved`, data })
  }

  // What the tool or an importer wrote besides the columns is carried on.
  #lastOf(stream: string): LegacyData {
    const version = this.#store.log.streamVersion(stream)
    const [last] = this.#store.log.readStream(stream, { after: Math.max(0, version - 1) })
    return fieldsOf(last?.data)
  }

  #mustFind(repo: string, pattern: string): Failure {
    const found = this.failure(repo, pattern)
    if (found) return found
    throw new StoreError(
      'NOT_FOUND',
      `no failure ${JSON.stringify(pattern.slice(0, 80))} is known`,
      {
        hint: 'capture it first',
      },
    )
  }
}

function repoNameOf(repo: string): string {
  return idNameOf(repo, 'repository', true)
}
