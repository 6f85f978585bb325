/**
 * Takes secrets out of what leaves the store: for a dump that is sent to somebody, a screen that is
 * shared, a message of an error. What is stored stays as it is; fields that must never reach the disk
 * are marked `redact` where their event is defined.
 *
 * A secret is known by the name it stands under (`password`, `GITHUB_TOKEN`, `apiKey`) or by its own
 * shape (keys of well-known services, JSON web tokens, private keys, credentials in addresses). It
 * is a net with meshes: a secret under an innocent name and without a shape goes through.
 */

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]'

const NAMES =
  'token|secret|password|passwd|pwd|passphrase|credentials?|authorization|(?:set-)?cookie|' +
  '(?:api|private|access|secret|signing|encryption|account|license)[_-]?key'
const SECRET_NAME = new RegExp(`(?:${NAMES})$`, 'i')

// `"token": "…"`; the backslash before a quote is part of the text.
const QUOTED = new RegExp(
  `((?:${NAMES})["'\`]?\\s*[:=]\\s*)(["'])(?:(?!\\2)(?:\\\\.|[^\\\\]))+\\2`,
  'gi',
)
// The same within a string of JSON, where as many backslashes end it as begin it.
const QUOTED_WITHIN = new RegExp(
  `((?:${NAMES})\\\\+["'\`]\\s*[:=]\\s*)(\\\\+["'])(?!\\2)[\\s\\S]+?(?<!\\\\)\\2`,
  'gi',
)
// `TOKEN=…` as in an environment, and `password: …` where what follows is no word of a language.
const ASSIGNED = new RegExp(`((?:${NAMES})=)[^\\s"'\\\\,;&)}\\]]{4,}`, 'gi')
const LISTED = new RegExp(
  `((?:${NAMES}):\\s*)(?=[^\\s"',;]*\\d)(?=[^\\s"',;]*[a-z])[^\\s"'\\\\,;)}\\]]{6,}`,
  'gi',
)
const BEARER = /\b(Bearer\s+)(?=[\w.~+/-]*\d)[\w.~+/-]{12,}=*/gi
const IN_ADDRESS = /(:\/\/[^\s:/?#"'@]*:)[^\s@/"'\\]+@/g
const PRIVATE_KEY =
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g
const SHAPES = new RegExp(
  `(?<![A-Za-z0-9])(?:${[
    'gh[pousr]_[A-Za-z0-9]{20,}',
    'github_pat_\\w{20,}',
    'glpat-[\\w-]{20,}',
    'xox[abeoprs]-[\\w-]{10,}',
    'sk-[\\w-]{20,}',
    '[rs]k_(?:live|test)_\\w{16,}',
    'A(?:KI|SI)A[0-9A-Z]{16}',
    'AIza[\\w-]{35}',
    'npm_[A-Za-z0-9]{30,}',
    'pypi-[\\w-]{20,}',
    'hf_[A-Za-z0-9]{20,}',
    'dop_v1_\\w{32,}',
    'ya29\\.[\\w-]{20,}',
    'SG\\.[\\w-]{16,}\\.[\\w-]{16,}',
    'eyJ[\\w-]{8,}\\.eyJ[\\w-]{8,}\\.[\\w-]+',
  ].join('|')})`,
  'g',
)

/** True when what stands under this name is taken for a secret: `token`, not `tokens`. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/**
 * A text without the secrets in it. Of JSON the result is JSON again.
 *
 * @example
 * ```ts
 * redactText('postgres://app:hunter2@db/x') // 'postgres://app:[redacted]@db/x'
 * ```
 */
export function redactText(text: string): string {
  return text
    .replace(PRIVATE_KEY, REDACTED)
    .replace(QUOTED, `$1$2${REDACTED}$2`)
    .replace(QUOTED_WITHIN, `$1$2${REDACTED}$2`)
    .replace(ASSIGNED, `$1${REDACTED}`)
    .replace(LISTED, `$1${REDACTED}`)
    .replace(BEARER, `$1${REDACTED}`)
    .replace(IN_ADDRESS, `$1${REDACTED}@`)
    .replace(SHAPES, REDACTED)
}

/** A JSON value without the secrets in its texts and under its names; numbers stay. */
export function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.map(redactValue)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const copy: Record<string, unknown> = {}
  for (const [name, item] of Object.entries(value)) {
    const isSecret = typeof item === 'string' && item !== '' && isSecretName(name)
    const redacted = isSecret ? REDACTED : redactValue(item)
    // Assigning `__proto__` would set the copy's prototype.
    Object.defineProperty(copy, name, { value: redacted, enumerable: true, writable: true })
  }
  return copy
}
