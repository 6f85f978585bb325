/**
 * Commands answered once: the same command under the same key gets the first answer again, in any
 * process, whether it was granted or refused. The answer is kept in the transaction that made it,
 * so a kill leaves the answer and its events, or neither.
 */
import { checkArgument, FUNCTION } from '../arguments.ts'
import type { Connection } from '../connection/connection.ts'
import { checkJson } from './json-value.ts'
import { findReceipt, receiptKey, requestHash, saveReceipt } from './receipts.ts'

/**
 * The answer given before to this key and request, else that of `decide`, which is then kept for
 * seven days. Throws `COMMAND_CONFLICT` for another request; what `decide` throws is not kept.
 */
export function answerOnce<Answer>(
  connection: Connection,
  command: { readonly key: string; readonly request: unknown; readonly nowMs: number },
  decide: () => Answer,
): Answer {
  checkArgument('once: what decides', decide, FUNCTION)
  const { nowMs } = command
  const key = receiptKey('command', command.key)
  const request = requestHash('command', command.request)
  // In an object, so that an answer of null is told from none.
  const known = findReceipt<{ answer: Answer }>(connection, key, request, nowMs)
  if (known) return known.answer
  const decided = decide()
  const fidelity = checkJson(decided, `answer to '${command.key}'`)
  // As it will be read back, so that the first answer and its repetitions are the same.
  const answer = fidelity === 'exact' ? decided : (JSON.parse(JSON.stringify(decided)) as Answer)
  saveReceipt(connection, { key, request, outcome: { answer }, nowMs })
  return answer
}
