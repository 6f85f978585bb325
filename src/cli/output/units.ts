/** Numbers and times as people read them. */

const KILO = 1024
const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const

/** `1.5 MB` */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= KILO && unit < UNITS.length - 1) {
    value /= KILO
    unit++
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

/** `12,345` */
export function formatCount(count: number): string {
  // Not toLocaleString: loading the language data takes 13 ms, a tenth of a whole command.
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 event`, `2 events` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** `45 s`, `12 min`, `3 h`, `21 d` */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  return `${formatCount(Math.floor(seconds / 86_400))} d`
}

/** `2026-11-20T19:36:43.123Z` */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString()
}
