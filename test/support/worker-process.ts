/**
 * Real processes for tests: each runs one script of `workers/` on the built package.
 *
 * Invariant: all workers of a race are past their own start, module loading included, before the
 * first of them works. They say `ready` and wait for `go`; without that barrier the first would
 * be done before the last had begun, and nothing would be proven.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const FOLDER = fileURLToPath(new URL('workers/', import.meta.url))
/** A worker that takes this long hangs. */
const LIMIT_MS = 150_000

/** How a worker is started. */
export interface WorkerOptions {
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[]
  /** A command that runs Node, such as `['strace', '-f']`. */
  readonly prefix?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** True gives it a process group of its own, which can be killed with all that it starts. */
  readonly isLeader?: boolean
}

/** What a worker threw. */
export class WorkerFailure extends Error {
  readonly code: string | undefined
  readonly hint: string | undefined

  constructor(failure: { message: string; code?: string; hint?: string }) {
    super(failure.message)
    this.code = failure.code
    this.hint = failure.hint
  }
}

interface Message {
  readonly note?: string
  readonly value?: unknown
  readonly result?: unknown
  readonly failure?: { message: string; code?: string; hint?: string }
}

/** One running worker. */
export class WorkerProcess {
  readonly child: ChildProcess
  /** What the script returned; rejects with a {@link WorkerFailure}. */
  readonly result: Promise<unknown>
  readonly exited: Promise<void>
  readonly #notes = new Map<string, unknown[]>()
  readonly #waiting = new Map<string, ((value: unknown) => void)[]>()
  readonly #isLeader: boolean
  #output = ''

  constructor(script: string, task: object, options: WorkerOptions = {}) {
    this.#isLeader = options.isLeader === true
    const node = [...(options.nodeArgs ?? []), `${FOLDER}${script}.mjs`, JSON.stringify(task)]
    const [command = '', ...args] = [...(options.prefix ?? []), process.execPath, ...node]
    this.child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
      detached: this.#isLeader,
      env: { ...environment(), ...options.env },
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.#output += text
    })
    let errors = ''
    this.child.stderr?.setEncoding('utf8').on('data', (text) => {
      errors = (errors + text).slice(-4_000)
    })
    // 'close' and not 'exit': only then has all that it wrote been read.
    this.exited = new Promise((resolve) => this.child.once('close', () => resolve()))
    this.result = new Promise((resolve, reject) => {
      this.child.on('message', (message) => this.#hear(message as Message, resolve, reject))
      this.child.once('error', reject)
      this.child.once('close', (code, signal) =>
        reject(new WorkerFailure({ message: `${script} ended by ${signal ?? code}: ${errors}` })),
      )
    })
    // A test that kills its workers does not ask for results.
    this.result.catch(() => undefined)
    onTestFinished(() => this.kill())
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** Lines written to standard output so far, whole ones only. */
  get lines(): string[] {
    return this.#output.split('\n').slice(0, -1)
  }

  /** Resolves with the note's value when the worker has made it; rejects when it ends before. */
  noted(note: string): Promise<unknown> {
    const [value] = this.#notes.get(note) ?? []
    if (this.#notes.has(note)) return Promise.resolve(value)
    const heard = new Promise((resolve) => {
      this.#waiting.set(note, [...(this.#waiting.get(note) ?? []), resolve])
    })
    return Promise.race([
      heard,
      this.result.then(() => {
        throw new Error(`the worker ended without the note '${note}'`)
      }),
    ])
  }

  /** Tells the worker to go past `told(word)`. */
  tell(word: string): void {
    this.child.send({ word })
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Kills it as a crash would, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.#end()
    await this.exited
  }

  #end(): void {
    if (this.#isLeader) process.kill(-this.pid, 'SIGKILL')
    else this.child.kill('SIGKILL')
  }

  #hear(message: Message, resolve: (value: unknown) => void, reject: (error: Error) => void): void {
    // Answers of a session have an id, and are heard there.
    if ('id' in message) return
    if (message.failure) reject(new WorkerFailure(message.failure))
    else if ('result' in message) resolve(message.result)
    else if (message.note !== undefined) {
      this.#notes.set(message.note, [message.value])
      for (const heard of this.#waiting.get(message.note) ?? []) heard(message.value)
      this.#waiting.delete(message.note)
    }
  }
}

/** Starts one worker and waits until it is ready. */
export async function startWorker(
  script: string,
  task: object,
  options?: WorkerOptions,
): Promise<WorkerProcess> {
  const worker = new WorkerProcess(script, task, options)
  await worker.noted('ready')
  return worker
}

/** Starts one worker, lets it work and gives its result. */
export async function runWorker<Result>(
  script: string,
  task: object,
  options?: WorkerOptions,
): Promise<Result> {
  const worker = await startWorker(script, task, options)
  worker.tell('go')
  return worker.result as Promise<Result>
}

/** Resolves when a worker has written its first line, or ended. */
export async function firstLine(worker: WorkerProcess): Promise<void> {
  await linesOf(worker, 1)
}

/** Milliseconds from a worker's first line to its end: what it was started for takes so long. */
export async function timeToRun(script: string, task: object): Promise<number> {
  const worker = await startWorker(script, task)
  worker.tell('go')
  await firstLine(worker)
  const startedAt = performance.now()
  await worker.result
  return performance.now() - startedAt
}

/** Parts of 1 that lie apart, however many are asked for: by the golden ratio. */
export function spread(round: number): number {
  return ((round + 0.5) * 0.618_033_988_75) % 1
}

/** Resolves when a worker has written so many lines, or ended. */
export async function linesOf(worker: WorkerProcess, count: number): Promise<void> {
  let hasEnded = false
  void worker.exited.then(() => {
    hasEnded = true
  })
  while (!hasEnded && worker.lines.length < count) await sleep(1)
}

/** Runs a script in `tasks.length` processes at once, and gives their results in that order. */
export async function race<Result>(script: string, tasks: readonly object[]): Promise<Result[]> {
  const workers = await startAll(script, tasks)
  for (const worker of workers) worker.tell('go')
  return Promise.all(workers.map((worker) => worker.result as Promise<Result>))
}

/** Starts a process a task and waits until all of them are ready. */
export function startAll(script: string, tasks: readonly object[]): Promise<WorkerProcess[]> {
  return Promise.all(tasks.map((task) => startWorker(script, task)))
}

// A test runner's own options are not the tools'.
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, HOLDFAST_STORE: __, ...rest } = process.env
  return rest
}
