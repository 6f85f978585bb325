/** Importers of JSON lines: the event log, events of other machines, the audit log. */
import { type ImportContext, type Importer, type ImportSource, readJsonl } from '../../index.ts'
import { fromRecord, type LogTarget } from './import-items.ts'
import { isAuditLog, isEventLog, isTeamLog } from './import-match.ts'
import { eventStream, streamOf, teamStream } from './streams.ts'
import { typeOf } from './type-names.ts'
import { eventTimeOf, type LegacyData } from './values.ts'

/** `events.jsonl`, and copies of it by whatever name. */
export const eventLogImporter: Importer = {
  name: 'events',
  format: 'jsonl',
  matches: isEventLog,
  read: (source, context) =>
    readRecords(source, context, (data) => {
      const named = typeOf(data['type'])
      return { ...named, stream: eventStream(named.type, data), occurredAtMs: eventTimeOf(data) }
    }),
}

/** `team-events.jsonl`. */
export const teamLogImporter: Importer = {
  name: 'team-events',
  format: 'jsonl',
  matches: isTeamLog,
  read: (source, context) =>
    readRecords(source, context, (data) => ({
      ...typeOf(data['type']),
      stream: teamStream(data),
      occurredAtMs: eventTimeOf(data),
    })),
}

/** `audit-log.jsonl`. */
export const auditLogImporter: Importer = {
  name: 'audit-log',
  format: 'jsonl',
  matches: isAuditLog,
  read: (source, context) =>
    readRecords(source, context, (data) => ({
      type: 'pipeline.record.audit-entered',
      stream: streamOf('audit', 'log'),
      occurredAtMs: eventTimeOf(data),
    })),
}

// Scripts of this tool write the event's type first and sometimes a field of the same name after it.
function* readRecords(
  source: ImportSource,
  context: ImportContext,
  target: (data: LegacyData) => LogTarget,
) {
  for (const item of readJsonl({ path: source.path }, { ...context, firstKeyWins: ['type'] })) {
    if (item.kind === 'record') yield fromRecord(item, target(item.value))
    else yield item
  }
}
