/**
 * Process identity: which process, of which boot, in which pid namespace, on which host.
 *
 * Invariant: "cannot tell" is never "dead". A lease may be taken from a dead owner before it
 * expires, so a wrong 'dead' means two owners; a wrong 'unknown' only means waiting for expiry.
 * An empty part of an identity says that it could not be found out, and proves nothing.
 *
 * As text it is one line, `pid:startTime:bootId:pidNamespace:host`, each part URI-encoded, so
 * that equal identities are equal texts and a table can compare owners with `=`.
 */
import { assertNever, StoreError } from '../errors.ts'
import { type ProcessProbe, systemProcessProbe } from './process-probe.ts'

/** A process that stays distinguishable after its pid, machine boot or container is reused. */
export interface ProcessIdentity {
  readonly pid: number
  /** In the units of the platform, compared only for equality; empty where it is unknown. */
  readonly startTime: string
  /** Random per boot; empty where the platform has none. */
  readonly bootId: string
  /** The inode of the pid namespace on Linux, `none` elsewhere; empty where unknown. */
  readonly pidNamespace: string
  readonly host: string
}

/** What can be said about a process; treat `'unknown'` as alive until its lease expires. */
export type Liveness = 'alive' | 'dead' | 'unknown'

/** 2^31 - 1: larger values are no pid on any platform, and 0 or less would signal a group. */
const MAX_PID = 2_147_483_647
/** Five encoded parts; a host name has at most 255 bytes. Longer text is no identity of ours. */
const MAX_TEXT_LENGTH = 2_000

/** Identifies this process. Give the store's own probe: it reads each fact once. */
export function currentProcessIdentity(
  probe: ProcessProbe = systemProcessProbe(),
): ProcessIdentity {
  return {
    pid: probe.pid,
    startTime: probe.look(probe.pid)?.startTime ?? '',
    bootId: probe.bootId(),
    pidNamespace: probe.pidNamespace(),
    host: probe.host(),
  }
}

/** Writes an identity as one line; {@link parseIdentity} reads it back. */
export function formatIdentity(identity: ProcessIdentity): string {
  if (!isPid(identity.pid)) {
    throw new StoreError('ARGUMENT_INVALID', `${identity.pid} is not a process id`, {
      hint: 'pass an identity from currentProcessIdentity()',
    })
  }
  return [
    String(identity.pid),
    identity.startTime,
    identity.bootId,
    identity.pidNamespace,
    identity.host,
  ]
    .map(encodeURIComponent)
    .join(':')
}

/** Reads what {@link formatIdentity} wrote; `undefined` for an owner that is no process. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  if (typeof text !== 'string') return undefined
  if (text.length > MAX_TEXT_LENGTH) return undefined
  const [pidText, startTime, bootId, pidNamespace, host] = text.split(':').map(decoded)
  if (
    pidText === undefined ||
    startTime === undefined ||
    bootId === undefined ||
    pidNamespace === undefined ||
    host === undefined ||
    !isPid(Number(pidText))
  ) {
    return undefined
  }
  const identity = { pid: Number(pidText), startTime, bootId, pidNamespace, host }
  // Another spelling of the same identity, or one with more parts, would not compare equal in a
  // table.
  return formatIdentity(identity) === text ? identity : undefined
}

/** Says whether the process still runs; `'dead'` only on proof, `'unknown'` when in doubt. */
export function isProcessAlive(
  identity: ProcessIdentity,
  probe: ProcessProbe = systemProcessProbe(),
): Liveness {
  if (identity.host === '' || identity.host !== probe.host()) return 'unknown'
  // The boot is asked before the namespace: namespace inodes are only unique within one boot.
  const bootId = probe.bootId()
  if (identity.bootId !== '' && bootId !== '' && identity.bootId !== bootId) return 'dead'
  if (identity.pidNamespace === '' || identity.pidNamespace !== probe.pidNamespace()) {
    return 'unknown'
  }

  const answer = probe.signal(identity.pid)
  if (answer === 'absent') return 'dead'
  const found = probe.look(identity.pid)
  // It may have ended between the two questions, so the first is asked again.
  if (!found) return probe.signal(identity.pid) === 'absent' ? 'dead' : withoutDetails(answer)
  if (found.isZombie) return 'dead'
  if (identity.startTime === '' || found.startTime === '') return withoutDetails(answer)
  return identity.startTime === found.startTime ? 'alive' : 'dead'
}

/** True when `text` is an identity and its process is proven to be dead; in doubt, false. */
export function isDeadProcess(text: string, probe: ProcessProbe): boolean {
  const identity = parseIdentity(text)
  return identity !== undefined && isProcessAlive(identity, probe) === 'dead'
}

// Some process has the pid. One that we may not signal counts as the owner; one that we may
// signal but whose start we do not know can be the owner or a later process with its pid.
function withoutDetails(answer: 'exists' | 'not-permitted'): Liveness {
  switch (answer) {
    case 'not-permitted':
      return 'alive'
    case 'exists':
      return 'unknown'
    default:
      return assertNever(answer)
  }
}

function isPid(pid: number): boolean {
  return Number.isInteger(pid) && pid > 0 && pid <= MAX_PID
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined // A stray '%': not written by formatIdentity.
  }
}
