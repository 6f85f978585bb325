/** A provider that always says the same: thoughts, an answer word by word, a tool, the rest. */

const DELTA_MS = 15

/** The reports on a turn, each some milliseconds after the one before. */
export function* script(input) {
  yield* words('thinking-delta', `They want: ${input}. I look at the files first.`)
  const callId = 'call-1'
  yield { afterMs: DELTA_MS, kind: 'tool-call', callId, name: 'list_files', input: { path: 'src' } }
  yield { afterMs: DELTA_MS, kind: 'tool-result', callId, output: 'src/login.ts\nsrc/app.ts' }
  yield* words('text-delta', 'I changed src/login.ts so that it does what you asked for. Done!')
  yield { afterMs: DELTA_MS, kind: 'turn-complete' }
}

function* words(kind, text) {
  for (const delta of text.match(/\S+\s*/g) ?? []) yield { afterMs: DELTA_MS, kind, delta }
}
