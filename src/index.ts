/** The public kernel of Holdfast. */
export type { Change } from './kernel/collections/changes.ts'
export type { Collection, ListFilter, ListOptions } from './kernel/collections/collection.ts'
export {
  type CollectionOptions,
  collection,
  type DocumentOptions,
  document,
} from './kernel/collections/define.ts'
export type { Document } from './kernel/collections/document.ts'
export type { Durability } from './kernel/connection/pragmas.ts'
export type { SqlParameters, SqlRow, SqlValue } from './kernel/driver/driver.ts'
export { type ForeignDatabase, openForeignDatabase } from './kernel/driver/foreign-database.ts'
export {
  isStoreError,
  LeaseHeldError,
  STORE_ERROR_CODES,
  StoreError,
  type StoreErrorCode,
  type StoreErrorDetails,
  VersionConflictError,
} from './kernel/errors.ts'
export {
  type CoalescedPart,
  type CoalesceOptions,
  Coalescer,
} from './kernel/follow/coalescer.ts'
export type { Checkpoint } from './kernel/follow/consumer.ts'
export type { FollowImportOptions } from './kernel/import/follow-sources.ts'
export { timeOf } from './kernel/import/occurred-at.ts'
export type {
  JsonlItem,
  JsonlRecord,
  JsonlReject,
  JsonlTorn,
  JsonObject,
  RejectReason,
  Repair,
} from './kernel/import/readers/items.ts'
export type { JsonPart } from './kernel/import/readers/json-document.ts'
export {
  type JsonFileOptions,
  type JsonFileResult,
  type JsonReject,
  readJsonBytes,
  readJsonFile,
} from './kernel/import/readers/json-reader.ts'
export {
  type JsonlOptions,
  type JsonlSource,
  readJsonl,
} from './kernel/import/readers/jsonl-reader.ts'
export { SourceTexts } from './kernel/import/readers/source-texts.ts'
export type {
  Becomes,
  ImportAs,
  ImportCounts,
  ImportOptions,
  ImportPlan,
  ImportProgress,
  ImportReport,
  PlannedImport,
  PlanOptions,
  RejectedItem,
  SkippedFile,
  SourceReport,
  SourceState,
} from './kernel/import/types.ts'
export {
  currentProcessIdentity,
  formatIdentity,
  isProcessAlive,
  type Liveness,
  type ProcessIdentity,
  parseIdentity,
} from './kernel/leases/identity.ts'
export type { Lease, LeaseRequest, Leases } from './kernel/leases/leases.ts'
export type { Ports } from './kernel/leases/ports.ts'
export type {
  PortBlock,
  PortBlockStatus,
  PortLayout,
  PortReaping,
  PortReapOptions,
} from './kernel/leases/ports-types.ts'
export type {
  Heartbeat,
  Presence,
  PresenceState,
  PresenceThresholds,
  Present,
} from './kernel/leases/presence.ts'
export { type ProcessProbe, systemProcessProbe } from './kernel/leases/process-probe.ts'
export {
  type DataOf,
  type EventDefinition,
  type EventOptions,
  event,
  type Keep,
} from './kernel/log/event-definition.ts'
export type { EventLine, Exporter, OutgoingEvent, OutgoingFile } from './kernel/log/exporter.ts'
export type { Finding, FindingRepair } from './kernel/log/finding.ts'
export type {
  ImportContext,
  ImportEvent,
  Importer,
  ImportItem,
  ImportPlace,
  ImportReject,
  ImportSource,
  ImportTorn,
} from './kernel/log/importer.ts'
export {
  defineModule,
  type EventMap,
  type Module,
  type ModuleDefinition,
  type NamedByKey,
  type ProjectionTransaction,
  type Projector,
  type Projectors,
} from './kernel/log/module.ts'
export type {
  CommandAnswer,
  CommandInput,
  ModuleCommand,
  ModuleCommands,
} from './kernel/log/module-commands.ts'
export type {
  ConsumerEvents,
  ConsumerGap,
  FollowItem,
  FollowOptions,
  Live,
  LiveFollowOptions,
  LiveItem,
  LivePiece,
  Log,
  ModuleStore,
  ReadTransaction,
  SliceStep,
  StreamChoice,
  WriteOptions,
  WriteTransaction,
} from './kernel/log/module-store.ts'
export type { Panel, PanelRow } from './kernel/log/panel.ts'
export type { LogPlace } from './kernel/log/place.ts'
export type {
  AppendOptions,
  AppendResult,
  EventMetadata,
  ExpectedVersion,
  NewEvent,
  ReadOptions,
  ReadStreamOptions,
  RecordedEvent,
} from './kernel/log/types.ts'
export type { OnUnreadable, UnreadableEvent } from './kernel/log/unreadable.ts'
export { type BackupReport, nextBackupPath } from './kernel/maintenance/backup/back-up.ts'
export {
  type BackupFile,
  type BackupReason,
  isStoreFile,
  listBackups,
  type PruneBackupsOptions,
  pruneBackups,
} from './kernel/maintenance/backup/backup-files.ts'
export { restoreBackup } from './kernel/maintenance/backup/restore-backup.ts'
export {
  type ExportedFile,
  type ExportJsonOptions,
  exportJson,
} from './kernel/maintenance/export/export-json.ts'
export {
  type ExportOptions,
  type ExportReport,
  exportStore,
} from './kernel/maintenance/export/export-store.ts'
export { type OutputFileOptions, writeFileWhole } from './kernel/maintenance/export/output-file.ts'
export {
  type RestoreOptions,
  type RestoreReport,
  restoreExport,
} from './kernel/maintenance/export/restore-export.ts'
export {
  type ArchivedEvent,
  readSegment,
  type SegmentHeader,
} from './kernel/maintenance/prune/archive.ts'
export type {
  NewBase,
  PackedBodies,
  PrunedType,
  PruneOptions,
  PruneProgress,
  PruneReason,
  PruneReport,
  PruneSkip,
} from './kernel/maintenance/prune/types.ts'
export { KERNEL_PRESETS, type QueryPreset } from './kernel/maintenance/query/presets.ts'
export { QueryPool, type QueryPoolOptions } from './kernel/maintenance/query/query-pool.ts'
export { queryStore } from './kernel/maintenance/query/query-store.ts'
export type { QueryOptions, QueryResult } from './kernel/maintenance/query/types.ts'
export { isSecretName, REDACTED, redactText, redactValue } from './kernel/maintenance/redact.ts'
export { findNotReplayable, type Migration } from './kernel/migrations/migration.ts'
export type {
  MirrorFollowOptions,
  MirrorOptions,
  MirrorProgress,
  MirrorStatus,
  StoreMirror,
} from './kernel/mirror/types.ts'
export type { TypeStatus } from './kernel/open/growth.ts'
export { isStoreInUse } from './kernel/open/in-use.ts'
export { openStore } from './kernel/open/open-store.ts'
export { examinePath, findOtherStores, type OtherStore } from './kernel/open/other-stores.ts'
export {
  resolveStorePath,
  resolveUserStorePath,
  type StorePath,
  type StorePathRequest,
} from './kernel/open/paths.ts'
export type { ModuleStatus, StoreStatus } from './kernel/open/status.ts'
export type { ApiOf, Mode, ModuleMap, OpenOptions, Store } from './kernel/open/store-types.ts'
export { withoutTestRunner } from './kernel/open/test-runner.ts'
export type { At, AtOptions } from './kernel/projections/at.ts'
export type { RebuildReport } from './kernel/projections/rebuild.ts'
export type { VerifyOptions, VerifyProblem, VerifyReport } from './kernel/projections/verify.ts'
