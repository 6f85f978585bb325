/**
 * The conditions that a projection must not notice: time, chance and time zone. They are replaced
 * only while one synchronous function runs, and put back whatever happens in it.
 */

/** Two sets of conditions that differ in everything that a projection might look at. */
export type Conditions = 'here' | 'elsewhere'

// Not a round number of anything: neither seconds nor weekdays may agree.
const SHIFT_MS = 40_507_123_457
const ZONES: Readonly<Record<Conditions, string>> = {
  here: 'America/St_Johns',
  elsewhere: 'Pacific/Kiritimati',
}

/** Runs `fn` under conditions that no other call of it shares. */
export function under<Result>(conditions: Conditions, fn: () => Result): Result {
  const real = { Date: globalThis.Date, random: Math.random, zone: process.env['TZ'] }
  const isElsewhere = conditions === 'elsewhere'
  globalThis.Date = isElsewhere ? shifted(real.Date) : real.Date
  // Two halves of the interval, so that even one bit of chance comes out differently.
  Math.random = () => real.random() / 2 + (isElsewhere ? 0.5 : 0)
  process.env['TZ'] = ZONES[conditions]
  try {
    return fn()
  } finally {
    globalThis.Date = real.Date
    Math.random = real.random
    if (real.zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = real.zone
  }
}

function shifted(Real: DateConstructor): DateConstructor {
  const now = () => Real.now() + SHIFT_MS
  return new Proxy(Real, {
    construct: (target, args: [], newTarget) =>
      args.length === 0
        ? Reflect.construct(target, [now()], newTarget)
        : Reflect.construct(target, args, newTarget),
    apply: () => String(new Real(now())),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })
}
