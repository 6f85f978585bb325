/** The statements of port blocks. A row stays when its block is free: its token must not fall. */
import { MAX_BLOCK_SIZE } from './ports-layout.ts'

const COLUMNS = /* sql */ `
  base, size, registry, key, state, process, fencing_token AS fencingToken,
  expires_at_ms AS expiresAtMs, registered_at_ms AS registeredAtMs, last_used_at_ms AS lastUsedAtMs`

export const FIND_BY_KEY: string = /* sql */ `
  SELECT ${COLUMNS} FROM port_blocks
  WHERE registry = :registry AND key = :key AND state IN ('reserved', 'active')`

export const FIND_BY_BASE: string = /* sql */ `SELECT ${COLUMNS} FROM port_blocks WHERE base = ?`

export const LIST: string = /* sql */ `
  SELECT ${COLUMNS} FROM port_blocks WHERE state <> 'free' ORDER BY base`

// Finds the first gap and takes it at once. A block of any registry and size counts as taken when
// the two overlap; none is longer than the longest that may be.
export const FILL_GAP: string = /* sql */ `
  WITH RECURSIVE candidates (base) AS (
    SELECT :base UNION ALL
    SELECT base + :size FROM candidates WHERE base + :size < :base + :size * :count
  )
  INSERT INTO port_blocks (base, size, registry, key, state, process, fencing_token,
                           expires_at_ms, registered_at_ms, last_used_at_ms)
  SELECT candidates.base, :size, :registry, :key, :state, :process, 1, :expiresAtMs, :nowMs, :nowMs
  FROM candidates
  WHERE NOT EXISTS (
      SELECT 1 FROM port_blocks AS held
      WHERE held.base > candidates.base - ${MAX_BLOCK_SIZE} AND held.base < candidates.base + :size
        AND held.base + held.size > candidates.base AND held.state <> 'free')
    AND NOT EXISTS (
      SELECT 1 FROM json_each(:reserved) AS kept
      WHERE kept.value >= candidates.base AND kept.value < candidates.base + :size)
  LIMIT 1
  ON CONFLICT (base) DO UPDATE SET
    size = excluded.size, registry = excluded.registry, key = excluded.key, state = excluded.state,
    process = excluded.process, fencing_token = fencing_token + 1,
    expires_at_ms = excluded.expires_at_ms, registered_at_ms = excluded.registered_at_ms,
    last_used_at_ms = excluded.last_used_at_ms`

// Another process of the same key takes the reservation of one that ended.
export const TAKE_OVER: string = /* sql */ `
  UPDATE port_blocks SET process = :process, fencing_token = fencing_token + 1, state = :state,
    expires_at_ms = :expiresAtMs, last_used_at_ms = :nowMs
  WHERE base = :base AND fencing_token = :fencingToken`

export const ACTIVATE: string = /* sql */ `
  UPDATE port_blocks SET state = 'active', expires_at_ms = NULL, process = :process,
    last_used_at_ms = :nowMs
  WHERE base = :base AND fencing_token = :fencingToken AND state IN ('reserved', 'active')`

export const FREE: string = /* sql */ `
  UPDATE port_blocks SET state = 'free', key = '', process = '', expires_at_ms = NULL
  WHERE base = :base AND fencing_token = :fencingToken AND state <> 'free'`

export const FREE_EXPIRED: string = /* sql */ `
  UPDATE port_blocks SET state = 'free', key = '', process = '', expires_at_ms = NULL
  WHERE state IN ('reserved', 'occupied') AND expires_at_ms <= :nowMs`

export const OCCUPY: string = /* sql */ `
  UPDATE port_blocks SET state = 'occupied', key = :note, process = '', expires_at_ms = :expiresAtMs
  WHERE base = :base AND fencing_token = :fencingToken AND state = 'reserved'`

export const FORGET_PROCESS: string = /* sql */ `
  UPDATE port_blocks SET process = '' WHERE base = :base AND fencing_token = :fencingToken
    AND process = :process`
