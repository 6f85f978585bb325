/** Checks a module's definition, so that a mistake shows at its first line and not in a store. */
import {
  FUNCTION,
  fieldProblem,
  type Kind,
  type Kinds,
  listOf,
  OBJECT,
  shown,
  TEXT,
} from '../arguments.ts'
import { StoreError } from '../errors.ts'
import { KERNEL_MODULE } from '../migrations/kernel-schema.ts'
import { findNotReplayable, type Migration } from '../migrations/migration.ts'
import type { EventDefinition, Keep } from './event-definition.ts'
import { IMPORT_MODULE_NAME } from './importer.ts'

const NAME = /^[a-z][a-z0-9_]{0,62}$/
const TYPE = /^[a-z][a-z0-9_]*(\.[a-z0-9_-]+)+$/

interface CheckedDefinition {
  readonly name: string
  readonly version: number
  readonly events: object
  readonly migrations: readonly Migration[]
  readonly project: object
  readonly open?: EventDefinition
  readonly projectOther?: unknown
}

/**
 * Throws `MODULE_INVALID` when the definition breaks a rule. What its migrations do is looked at when they
 * are first applied: check-tables.ts.
 */
export function checkModule(definition: CheckedDefinition): void {
  const missing = fieldProblem('a module', definition, FIELDS)
  if (missing !== undefined) {
    throw new StoreError('MODULE_INVALID', missing, { hint: 'see docs/modules.md' })
  }
  const { name } = definition
  const refuse = (problem: string, hint: string): never => {
    throw new StoreError('MODULE_INVALID', `module '${name}': ${problem}`, { hint })
  }
  if (!NAME.test(name)) refuse('its name is not valid', 'use a-z, 0-9 and _, a letter first')
  if (name === IMPORT_MODULE_NAME) {
    refuse('this name is for events of files that no module knows', 'choose another')
  }
  if (name === KERNEL_MODULE) refuse('this name is the kernel’s', 'choose another')
  if (!Number.isInteger(definition.version) || definition.version < 1) {
    refuse(`version ${definition.version} is not a whole number from 1 up`, 'start with 1')
  }
  if (definition.projectOther && !definition.open) {
    refuse('projectOther without open', 'say which further types are taken: open: event()')
  }
  for (const [type, event] of Object.entries(definition.events)) {
    checkEvent(name, type, event as EventDefinition, refuse)
    if (!(type in definition.project)) refuse(`no projector for '${type}'`, 'add it to project')
  }
  if (definition.open) checkKeep('open', definition.open, refuse)
  for (const type of Object.keys(definition.project)) {
    if (!(type in definition.events))
      refuse(`'${type}' is projected and not defined`, 'add it to events')
  }
  checkMigrations(definition.migrations, refuse)
}

const MIGRATION: Kind = {
  name: 'a migration with its id and sql',
  fits: (value) => fieldProblem('', value, { id: TEXT, sql: TEXT }) === undefined,
}
const FIELDS: Kinds = {
  name: TEXT,
  events: OBJECT,
  migrations: listOf(MIGRATION),
  project: OBJECT,
  api: FUNCTION,
}

type Refuse = (problem: string, hint: string) => never

function checkEvent(module: string, type: string, event: EventDefinition, refuse: Refuse): void {
  if (!TYPE.test(type) || !type.startsWith(`${module}.`)) {
    refuse(`'${type}' is not a type of it`, `name it '${module}.entity.past-tense'`)
  }
  checkKeep(type, event, refuse)
  for (let version = 1; version < event.version; version++) {
    if (!event.upcast[version]) {
      refuse(
        `'${type}' has version ${event.version} and no upcast from ${version}`,
        'add it to upcast',
      )
    }
  }
}

// What is misspelled here shows a month later: as history that prune took, or never takes.
function checkKeep(type: string, event: EventDefinition, refuse: Refuse): void {
  const { keep, forgetDays } = event
  if (keep === 'latest' && !event.isState && !event.removes) {
    refuse(
      `'${type}' has keep: 'latest' without state: true`,
      'only an event whose data is the complete row can stand for those before it',
    )
  }
  if (!isKeep(keep)) {
    const given =
      typeof keep === 'object' ? `{ days: ${String(Object(keep)['days'])} }` : shown(keep)
    refuse(
      `'${type}' has keep: ${given}`,
      "give 'all', 'latest' or { days } with whole days from 1 up",
    )
  }
  if (forgetDays !== undefined && !isDays(forgetDays)) {
    refuse(`'${type}' has forgetDays: ${shown(forgetDays)}`, 'give whole days from 1 up')
  }
}

function isKeep(keep: unknown): keep is Keep {
  if (keep === 'all' || keep === 'latest') return true
  return typeof keep === 'object' && keep !== null && isDays((keep as { days?: unknown }).days)
}

function isDays(days: unknown): boolean {
  return Number.isSafeInteger(days) && Number(days) > 0
}

function checkMigrations(migrations: readonly Migration[], refuse: Refuse): void {
  const ids = new Set<string>()
  let previous = ''
  for (const { id, sql, isAdditive } of migrations) {
    if (ids.has(id)) refuse(`two migrations are named '${id}'`, 'give each its own id')
    ids.add(id)
    if (!isAdditive) {
      if (id < previous)
        refuse(`migration '${id}' comes after '${previous}'`, 'number them: 0001-…, 0002-…')
      previous = id
    }
    const culprit = findNotReplayable(sql)
    if (culprit) {
      refuse(
        `migration '${id}' uses ${culprit}`,
        'a replay would give other rows; put it into the event',
      )
    }
  }
}
