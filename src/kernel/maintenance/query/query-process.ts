/**
 * One child process that runs queries, one at a time. After its first kill it is of no more use;
 * the pool then starts another.
 *
 * Invariant: a query ends by an answer, by the child's death, or by SIGKILL at the time or memory
 * limit; nothing that the statement does can prevent the last. At the time limit the child ends
 * itself too (watchdog.ts), should this process be too busy to do it.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { StoreError } from '../../errors.ts'
import type { QueryAnswer, QueryChildOptions, QueryRequest, QueryResult } from './types.ts'

// A start is no part of the query's own time; a machine under load has been seen to take ten seconds.
const START_TIMEOUT_MS = 30_000
// Of the child's JavaScript; SQLite's own memory is watched from here.
const MAX_HEAP_MB = 256
const MAX_RESIDENT_BYTES = 512 * 1024 * 1024
const WATCH_EVERY_MS = 25
const PAGE_BYTES = 4096
// Beside source files where the runtime takes types away by itself, beside built ones elsewhere.
const SCRIPT = new URL(`./query-child${extname(import.meta.url)}`, import.meta.url)

/** A started child. */
export class QueryProcess {
  readonly #child: ChildProcess
  readonly #ready: Promise<void>
  #isDead = false
  #wait: ((answer: QueryAnswer | StoreError) => void) | undefined

  constructor(options: QueryChildOptions, cwd: string) {
    this.#child = fork(SCRIPT, [JSON.stringify(options)], {
      cwd,
      env: systemEnvironment(),
      execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#child.on('message', (answer: QueryAnswer) => this.#settle(answer))
    this.#child.on('error', (cause) => this.#die(new StoreError('IO', cause.message, { cause })))
    this.#child.on('exit', () => this.#die(limit('the query took more time or memory than it may')))
    this.#ready = this.#next(START_TIMEOUT_MS, didNotStart()).then((answer) => {
      if (answer.kind === 'failure') throw failureOf(answer)
    })
    // A failed start is told to whoever asks; nobody may ever ask.
    this.#ready.catch(() => this.kill())
    this.#hold(false)
  }

  /** False once it was killed or ended. */
  get isUsable(): boolean {
    return !this.#isDead
  }

  /** Runs one statement; kills the child at the limit. */
  async run(request: QueryRequest): Promise<QueryResult> {
    const { timeoutMs } = request
    this.#hold(true)
    try {
      await this.#ready
      const answer = this.#next(timeoutMs, limit(`the query took longer than ${timeoutMs} ms`))
      if (!this.#isDead) this.#child.send(request)
      const ended = await this.#watched(answer)
      if (ended.kind === 'result') return ended.result
      throw failureOf(ended)
    } finally {
      this.#hold(false)
    }
  }

  kill(): void {
    this.#child.kill('SIGKILL')
    this.#die(new StoreError('STORE_CLOSED', 'the query pool was closed'))
  }

  async #next(timeoutMs: number, onTimeout: StoreError): Promise<QueryAnswer> {
    const answer = await new Promise<QueryAnswer | StoreError>((resolve) => {
      if (this.#isDead) return resolve(limit('the query process has ended'))
      const timer = setTimeout(() => this.#die(onTimeout), timeoutMs)
      this.#wait = (value) => {
        clearTimeout(timer)
        resolve(value)
      }
    })
    if (answer instanceof StoreError) throw answer
    return answer
  }

  // SQLite's memory is outside V8's limit and SQLite was built without one of its own.
  async #watched(answer: Promise<QueryAnswer>): Promise<QueryAnswer> {
    const watch = setInterval(() => {
      if (residentBytes(this.#child.pid) > MAX_RESIDENT_BYTES) {
        this.#die(limit('the query used more memory than it may'))
      }
    }, WATCH_EVERY_MS)
    try {
      return await answer
    } finally {
      clearInterval(watch)
    }
  }

  #settle(answer: QueryAnswer | StoreError): void {
    const wait = this.#wait
    this.#wait = undefined
    wait?.(answer)
  }

  #die(reason: StoreError): void {
    if (!this.#isDead) this.#child.kill('SIGKILL')
    this.#isDead = true
    this.#settle(reason)
  }

  // An idle child keeps neither the program nor itself alive.
  #hold(isBusy: boolean): void {
    if (isBusy) {
      this.#child.ref()
      this.#child.channel?.ref()
    } else {
      this.#child.unref()
      this.#child.channel?.unref()
    }
  }
}

function limit(message: string): StoreError {
  return new StoreError('QUERY_LIMIT', message, {
    hint: 'ask for less, or give it more time: --timeout 30000',
  })
}

// --timeout is about the statement: it would not help here.
function didNotStart(): StoreError {
  const message = `the query process did not start within ${START_TIMEOUT_MS / 1000} s`
  return new StoreError('QUERY_LIMIT', message, {
    hint: 'the machine is too busy to start a process; run it again',
  })
}

function failureOf(answer: QueryAnswer): StoreError {
  if (answer.kind !== 'failure')
    return new StoreError('IO', `the query process said '${answer.kind}'`)
  const { code, message, hint } = answer.failure
  return new StoreError(code, message, hint === undefined ? {} : { hint })
}

// Windows starts no process without these; nothing else is passed on.
function systemEnvironment(): NodeJS.ProcessEnv {
  const { SystemRoot, WINDIR } = process.env
  return { ...(SystemRoot ? { SystemRoot } : {}), ...(WINDIR ? { WINDIR } : {}) }
}

function residentBytes(pid: number | undefined): number {
  try {
    const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')
    return Number(pages) * PAGE_BYTES
  } catch {
    // No /proc, or the child is gone: the time limit still holds.
    return 0
  }
}
