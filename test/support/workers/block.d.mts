/** Types of `block.mjs` for the tests. */
export function sleepSync(ms: number): void
export function blockUntil(file: string): void
