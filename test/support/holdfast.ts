/** Runs the built `holdfast` program as a user's shell does. */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js')
/** A command that takes this long hangs. */
const LIMIT_MS = 120_000

/** How a run ended. */
export interface HoldfastRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Options of a run. */
export interface HoldfastOptions {
  readonly cwd?: string
  readonly input?: string
  readonly env?: NodeJS.ProcessEnv
}

/** Runs one command to its end. */
export function holdfast(args: readonly string[], options: HoldfastOptions = {}): HoldfastRun {
  const { cwd, input, env = {} } = options
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? {} : { input }),
  })
  return { code: status, stdout, stderr }
}

/** Starts a command that runs until it is interrupted; lines come as they are printed. */
export function startHoldfast(args: readonly string[]): {
  readonly nextLine: () => Promise<string>
  readonly interrupt: () => Promise<number | null>
} {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const waiting: ((line: string) => void)[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) {
      const next = waiting.shift()
      if (next) next(line)
      else lines.push(line)
    }
  })
  return {
    nextLine: () => {
      const line = lines.shift()
      if (line !== undefined) return Promise.resolve(line)
      return new Promise((resolve) => waiting.push(resolve))
    },
    interrupt: () =>
      new Promise((resolve) => {
        child.on('close', (code) => resolve(code))
        child.kill('SIGINT')
      }),
  }
}
