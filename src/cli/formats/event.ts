/** One event on one line. */
import type { RecordedEvent } from '../../index.ts'
import type { Output } from '../output/output.ts'
import { cut } from '../output/table.ts'
import { formatTime } from '../output/units.ts'

/** `42 2026-11-20T19:36:43.123Z tasks.task.put tasks/t1@3 {…}`, cut at the terminal's width. */
export function formatEvent(event: RecordedEvent, output: Output): string {
  const { sequence, occurredAtMs, type, stream, version } = event
  const head = [String(sequence), formatTime(occurredAtMs), output.data(type)]
  const place = output.data(`${stream}@${version}`)
  const used = [...head, place].join(' ').length + 1
  const data = cut(output.data(JSON.stringify(event.data)), Math.max(1, output.width - used))
  return [
    output.style('dim', head.slice(0, 2).join(' ')),
    output.style('bold', output.data(type)),
    place,
    output.style('dim', data),
  ].join(' ')
}
