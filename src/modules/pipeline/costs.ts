/** Costs and the budget. */
import { type ModuleStore, StoreError } from '../../index.ts'
import { limitOf, present } from './arguments.ts'
import { emitEvent } from './emit.ts'
import { streamOf } from './streams.ts'
import type { Budget, Cost, CostGroup, CostTotal, NewCost, TimeWindow } from './types.ts'

const LIST = /* sql */ `
  SELECT cost_id AS id, occurred_at_ms AS occurredAtMs, model, stage, issue,
    input_tokens AS inputTokens, output_tokens AS outputTokens, cost_usd_micros AS costUsdMicros
  FROM pipeline_cost WHERE occurred_at_ms >= :sinceMs AND occurred_at_ms < :untilMs
  ORDER BY occurred_at_ms DESC, cost_id DESC LIMIT :limit`
const SUMS = /* sql */ `
  count(*) AS entries, coalesce(sum(input_tokens), 0) AS inputTokens,
  coalesce(sum(output_tokens), 0) AS outputTokens,
  coalesce(sum(cost_usd_micros), 0) AS costUsdMicros`
const WINDOW = /* sql */ `
  FROM pipeline_cost WHERE occurred_at_ms >= :sinceMs AND occurred_at_ms < :untilMs`
const TOTAL = /* sql */ `SELECT ${SUMS} ${WINDOW}`
const groupBy = (column: string, label = column) => /* sql */ `
  SELECT ${label} AS "group", ${SUMS} ${WINDOW} GROUP BY ${column}
  ORDER BY costUsdMicros DESC, "group" LIMIT 10000`
const GROUPS = {
  day: groupBy('day', "date(day * 86400, 'unixepoch')"),
  model: groupBy('model'),
  stage: groupBy('stage'),
  issue: groupBy('issue'),
} as const
const BUDGET = /* sql */ `
  SELECT daily_usd_micros AS micros, is_enabled AS isEnabled
  FROM pipeline_budget WHERE budget_id = 'daily'`

/** Costs, each once, however many places say it. */
export class Costs {
  readonly #store: ModuleStore

  /** @internal Use `store.pipeline.costs`. */
  constructor(store: ModuleStore) {
    this.#store = store
  }

  /** Records a cost. */
  put(cost: NewCost): void {
    const { costUsd, inputTokens, outputTokens, model, stage, issue, occurredAtMs } = cost
    if (!Number.isFinite(costUsd)) {
      throw new StoreError('ARGUMENT_INVALID', `a cost of ${costUsd} US dollars`, {
        hint: 'give a number',
      })
    }
    const data = present({
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      model,
      stage,
      issue,
      cost_usd: costUsd,
    })
    const time = occurredAtMs === undefined ? {} : { occurredAtMs }
    this.#store.write((tx) => emitEvent(tx, { type: 'cost.record', data, ...time }))
  }

  /** Costs, the newest first. */
  list(window: TimeWindow & { readonly limit?: number } = {}): Cost[] {
    const limit = limitOf(window.limit)
    return this.#store.read((tx) => tx.all<Cost>(LIST, { ...boundsOf(window), limit }))
  }

  /** Sums of a time. */
  total(window: TimeWindow = {}): CostTotal {
    const empty = { entries: 0, inputTokens: 0, outputTokens: 0, costUsdMicros: 0 }
    return this.#store.read((tx) => tx.get<CostTotal>(TOTAL, boundsOf(window))) ?? empty
  }

  /** Sums by day, model, stage or issue, the dearest first. */
  totals(by: 'day' | 'model' | 'stage' | 'issue', window: TimeWindow = {}): CostGroup[] {
    return this.#store.read((tx) => tx.all<CostGroup>(GROUPS[by], boundsOf(window)))
  }

  /** What may be spent in a day; `undefined` where nobody has said. */
  budget(): Budget | undefined {
    const row = this.#store.read((tx) =>
      tx.get<{ micros: number | null; isEnabled: number }>(BUDGET),
    )
    if (!row) return undefined
    const dailyUsd = row.micros === null ? null : row.micros / 1e6
    return { dailyUsd, isEnabled: row.isEnabled === 1 }
  }

  /** Sets what may be spent in a day. */
  putBudget(dailyUsd: number, isEnabled = true): void {
    if (!(dailyUsd >= 0)) {
      throw new StoreError('ARGUMENT_INVALID', `a budget of ${dailyUsd} US dollars`, {
        hint: 'give a number from 0 up',
      })
    }
    this.#store.log.append(streamOf('budget', 'daily'), {
      type: 'pipeline.record.budget-saved',
      data: { daily_budget_usd: dailyUsd, enabled: isEnabled },
    })
  }
}

function boundsOf({ sinceMs = 0, untilMs = Number.MAX_SAFE_INTEGER }: TimeWindow) {
  return { sinceMs, untilMs }
}
