/** `holdfast tail`: the end of the log, and with --follow what comes. */
import type { Command } from 'commander'
import { type LogPlace, openStore, type RecordedEvent, type UnreadableEvent } from '../../index.ts'
import type { Context } from '../context.ts'
import { formatEvent } from '../formats/event.ts'
import { interruption } from '../interruption.ts'
import { logPlace, wholeNumber } from '../parse.ts'
import type { Runner } from '../run.ts'
import { type EventFilter, eventFilter, lastEvents, nextEvents } from '../tail/select-events.ts'

const DEFAULT_LIMIT = 20

interface TailOptions {
  readonly follow?: true
  readonly type?: readonly string[]
  readonly stream?: string
  readonly after?: number | LogPlace
  readonly limit?: number
}

/** Adds the command. */
export function register(program: Command, runner: Runner): void {
  program
    .command('tail')
    .summary('print the newest events, and with --follow those that come')
    .description(
      'Prints the newest events, oldest first; with --after those that follow a sequence. One line\nan event; one JSON object a line with --json.',
    )
    .option('-f, --follow', 'go on with what any process appends, until Ctrl-C')
    .option('-t, --type <type...>', 'only these types; `pipeline.*` is all that begin so')
    .option('-s, --stream <stream>', 'only this stream, such as `tasks/t1`')
    .option('-a, --after <sequence>', 'begin after this sequence, or logId:sequence', logPlace)
    .option(
      '-n, --limit <count>',
      `print at most so many events (default: ${DEFAULT_LIMIT})`,
      wholeNumber,
    )
    .action(runner((context, options: TailOptions) => tail(context, options)))
}

async function tail(context: Context, options: TailOptions): Promise<undefined> {
  const { modules } = await context.loadModules()
  const store = openStore(context.storePath.path, modules, { mode: 'read' })
  try {
    const filter = eventFilter(options)
    // Read before the events: what comes meanwhile is then followed, and not lost.
    const head = store.log.head()
    const { limit } = options
    const after = options.after === undefined ? undefined : store.log.sequenceOf(options.after)
    const onUnreadable = unreadableNotes(context)
    const isBounded = limit !== undefined
    const events =
      after === undefined
        ? lastEvents(store.log, filter, {
            limit: limit ?? DEFAULT_LIMIT,
            head,
            onUnreadable,
          })
        : nextEvents(store.log, filter, {
            after,
            limit: limit ?? (options.follow ? Number.POSITIVE_INFINITY : DEFAULT_LIMIT),
            head,
            onUnreadable,
          })
    let printed = 0
    for (const event of events) {
      await print(context, event)
      printed++
    }
    if (!options.follow || (isBounded && after !== undefined && printed >= limit)) return undefined
    await follow(
      context,
      filter,
      store.follow({ after: Math.max(head, after ?? 0), signal: interruption(), onUnreadable }),
    )
    return undefined
  } finally {
    store.close()
  }
}

async function follow(
  context: Context,
  filter: EventFilter,
  events: AsyncIterable<RecordedEvent>,
): Promise<void> {
  for await (const event of events) if (filter(event)) await print(context, event)
}

// Once each: the end of the log is looked for in windows that overlap.
function unreadableNotes(context: Context): (event: UnreadableEvent) => void {
  const told = new Set<number>()
  return ({ sequence, error, ...event }) => {
    if (told.has(sequence)) return
    told.add(sequence)
    if (context.isJson) void context.output.json({ sequence, ...event, unreadable: error })
    else context.note(`event ${sequence} cannot be read and is passed: ${error}`)
  }
}

function print({ isJson, output }: Context, event: RecordedEvent): Promise<void> {
  return isJson ? output.json(event) : output.line(formatEvent(event, output))
}
