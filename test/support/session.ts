/** A store held open by another process, as `workers/session.mjs` does it. */
import { WorkerFailure, WorkerProcess } from './worker-process.ts'
import type { Release } from './workers/tally.mjs'

/** How the other process opens the store. */
export interface SessionTask {
  /** Release of the module it was built with; `none` is a program without the module. */
  readonly release?: Release | 'none'
  readonly clockOffsetMs?: number
  readonly options?: object
}

interface Answer {
  readonly id?: number
  readonly value?: unknown
  readonly failure?: ConstructorParameters<typeof WorkerFailure>[0]
}

/** One such process. */
export class Session extends WorkerProcess {
  #calls = 0

  /** Runs one command; rejects with what it threw. */
  call<Result = unknown>(command: string, ...args: readonly unknown[]): Promise<Result> {
    const id = ++this.#calls
    const answered = new Promise<Result>((resolve, reject) => {
      const listen = (answer: Answer): void => {
        if (answer.id !== id) return
        this.child.off('message', listen)
        if (answer.failure) reject(new WorkerFailure(answer.failure))
        else resolve(answer.value as Result)
      }
      this.child.on('message', listen)
      this.exited.then(() => reject(new Error(`the process ended during '${command}'`)))
      this.child.send({ id, command, args })
    })
    // A test that fails meanwhile kills the process, and then nobody asks for the answer.
    answered.catch(() => undefined)
    return answered
  }

  /** Runs one command that must fail, and gives the failure. */
  async failing(command: string, ...args: readonly unknown[]): Promise<WorkerFailure> {
    try {
      await this.call(command, ...args)
    } catch (error) {
      return error as WorkerFailure
    }
    throw new Error(`'${command}' did not fail`)
  }

  /** Closes the store and ends the process. */
  async end(): Promise<void> {
    this.tell('end')
    await this.exited
  }
}

/** Opens `path` in another process; rejects with what `openStore` threw. */
export async function openSession(
  path: string,
  task: SessionTask = {},
  ...rest: readonly [ConstructorParameters<typeof WorkerProcess>[2]?]
): Promise<Session> {
  const session = new Session('session', { path, ...task }, rest[0])
  await session.noted('ready')
  session.tell('go')
  await session.noted('open')
  return session
}

/** What `openStore` threw in another process. */
export async function refusedSession(
  path: string,
  task: SessionTask = {},
  ...rest: readonly [ConstructorParameters<typeof WorkerProcess>[2]?]
): Promise<WorkerFailure> {
  let session: Session
  try {
    session = await openSession(path, task, ...rest)
  } catch (error) {
    return error as WorkerFailure
  }
  await session.kill()
  throw new Error(`${path} was opened`)
}
