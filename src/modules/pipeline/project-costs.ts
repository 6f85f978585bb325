/**
 * Folding costs. A tool writes each cost twice, as an event `cost.record` and as an entry of
 * `costs.json`, and names the issue in only one of them.
 *
 * Invariant: two that say the same within two seconds, one from each, are one row. Two from the
 * same place are two, however equal.
 */
import type { ProjectionTransaction, Projector, RecordedEvent } from '../../index.ts'
import { isTeamStream } from './streams.ts'
import { fieldsOf, integerOf, issueOf, type LegacyData, textOf, usdMicrosOf } from './values.ts'

const DAY_MS = 86_400_000

const findTwin = (column: 'is_in_log' | 'is_in_file') => /* sql */ `
  SELECT cost_id AS id FROM pipeline_cost
  WHERE occurred_at_ms BETWEEN :atMs - 2000 AND :atMs + 2000 AND ${column} = 0
    AND cost_usd_micros = :micros AND input_tokens = :inputTokens
    AND output_tokens = :outputTokens AND model IS :model AND stage IS :stage
    AND (issue IS NULL OR :issue IS NULL OR issue = :issue)
  ORDER BY abs(occurred_at_ms - :atMs), cost_id LIMIT 1`
const join = (column: 'is_in_log' | 'is_in_file') => /* sql */ `
  UPDATE pipeline_cost SET ${column} = 1, issue = coalesce(issue, :issue) WHERE cost_id = :id`
const FIND = { is_in_log: findTwin('is_in_log'), is_in_file: findTwin('is_in_file') }
const JOIN = { is_in_log: join('is_in_log'), is_in_file: join('is_in_file') }
const ADD = /* sql */ `
  INSERT INTO pipeline_cost (cost_id, occurred_at_ms, day, model, stage, issue, input_tokens,
    output_tokens, cost_usd_micros, is_in_log, is_in_file)
  VALUES (:id, :atMs, :day, :model, :stage, :issue, :inputTokens, :outputTokens, :micros,
    :isInLog, :isInFile)`

/** An event `cost.record`. */
export const projectCostRecord: Projector<LegacyData> = (tx, event) =>
  projectCost(tx, event, 'is_in_log')

/** An entry of `costs.json`. */
export const projectCostEntry: Projector<LegacyData> = (tx, event) =>
  projectCost(tx, event, 'is_in_file')

function projectCost(
  tx: ProjectionTransaction,
  event: RecordedEvent,
  column: 'is_in_log' | 'is_in_file',
): void {
  if (isTeamStream(event.stream)) return
  const data = fieldsOf(event.data)
  const atMs = event.occurredAtMs
  const issue = issueOf(data['issue'])
  const values = {
    atMs,
    model: textOf(data['model']),
    stage: textOf(data['stage']),
    inputTokens: integerOf(data['input_tokens']) ?? 0,
    outputTokens: integerOf(data['output_tokens']) ?? 0,
    micros: usdMicrosOf(data['cost_usd']) ?? 0,
  }
  const twin = tx.get<{ id: number }>(FIND[column], { ...values, issue })
  if (twin) {
    tx.run(JOIN[column], { id: twin.id, issue })
    return
  }
  tx.run(ADD, {
    ...values,
    id: event.sequence,
    day: Math.floor(atMs / DAY_MS),
    issue,
    isInLog: column === 'is_in_log' ? 1 : 0,
    isInFile: column === 'is_in_file' ? 1 : 0,
  })
}
