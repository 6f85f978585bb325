/** The reading statements of the mail. */
const COLUMNS = /* sql */ `
  workspace, id, recipient AS "to", sender AS "from", body, state, reason,
  not_before_ms AS notBeforeMs, supersede_key AS supersedeKey, is_escalated AS isEscalated,
  created_at_ms AS createdAtMs, place, settled_at_ms AS settledAtMs`

export const GET: string = /* sql */ `
  SELECT ${COLUMNS} FROM farm_messages WHERE workspace = :workspace AND id = :id`

export const LIST: string = /* sql */ `
  SELECT ${COLUMNS} FROM farm_messages
  WHERE workspace = :workspace AND (:to IS NULL OR recipient = :to)
    AND (:state IS NULL OR state = :state)
  ORDER BY place LIMIT :limit`

export const LAST_PLACE: string = /* sql */ `
  SELECT max(place) AS place FROM farm_messages WHERE workspace = :workspace`

export const WAITING: string = /* sql */ `
  SELECT recipient AS agent, count(*) AS held, min(created_at_ms) AS oldestAtMs
  FROM farm_messages WHERE workspace = :workspace AND state = 'held'
  GROUP BY recipient ORDER BY oldestAtMs`

export const SETTLED: string = /* sql */ `
  SELECT id FROM farm_messages
  WHERE workspace = :workspace AND state <> 'held' AND settled_at_ms < :beforeMs
  ORDER BY settled_at_ms LIMIT :limit`
