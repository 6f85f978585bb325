/**
 * The live log and the panels as server-sent events. An id is `logId:sequence`, so that a browser which comes back
 * after a reset or restore of the store is told to start over instead of waiting for ever.
 */
import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { isStoreError, type LogPlace, type RecordedEvent, type Store } from '../../index.ts'
import type { Disclosure } from './disclosure.ts'
import { LatestByKey } from './latest-by-key.ts'
import type { PanelFeed, PanelView } from './panel-feed.ts'

// What a browser that has never been here is shown of the past.
const BACKLOG = 100
const HEARTBEAT_MS = 15_000
const RETRY_MS = 1000

/** What is streamed, and whom to tell when the browser has gone away. */
export interface Streamed {
  readonly store: Store
  readonly feed: PanelFeed
  readonly disclose: Disclosure
  readonly onEnd: () => void
}

/** Streams to one browser until it goes away. */
export function eventStream(context: Context, streamed: Streamed): Response {
  const { feed, onEnd } = streamed
  const last = parseId(context.req.header('last-event-id'))
  return streamSSE(context, async (stream) => {
    const ended = new AbortController()
    stream.onAbort(() => ended.abort())
    const heartbeat = setInterval(() => void stream.write(': alive\n\n'), HEARTBEAT_MS)
    const panels = new LatestByKey<PanelView>((view) =>
      stream.writeSSE({ event: 'panel', data: JSON.stringify(view) }),
    )
    const unsubscribe = feed.subscribe((view) => panels.put(`${view.module} ${view.name}`, view))
    try {
      await send(stream, streamed, last, ended.signal)
    } catch (error) {
      if (!isStoreError(error)) throw error
      await stream.writeSSE({ event: 'failure', data: JSON.stringify({ code: error.code }) })
    } finally {
      unsubscribe()
      clearInterval(heartbeat)
      onEnd()
    }
  })
}

async function send(
  stream: SSEStreamingApi,
  { store, disclose }: Streamed,
  last: LogPlace | undefined,
  signal: AbortSignal,
): Promise<void> {
  const logId = store.log.id
  const known = last && sequenceIn(store, last)
  if (last && known === undefined) await stream.writeSSE({ event: 'resync', data: logId })
  const after = known ?? Math.max(0, store.log.head() - BACKLOG)
  // Each event is written before the next is read: a slow browser holds up nobody but itself.
  for await (const event of store.log.follow({ after, signal })) {
    await stream.writeSSE({
      id: `${logId}:${event.sequence}`,
      event: 'event',
      data: JSON.stringify(disclose(shown(event))),
      retry: RETRY_MS,
    })
  }
}

function shown({ sequence, stream, version, type, data, recordedAtMs }: RecordedEvent): object {
  return { sequence, stream, version, type, data, recordedAt: new Date(recordedAtMs).toISOString() }
}

// `undefined` when it is of another log, or of this one before it was restored.
function sequenceIn(store: Store, place: LogPlace): number | undefined {
  try {
    return store.log.sequenceOf(place)
  } catch (error) {
    if (!isStoreError(error, 'LOG_REPLACED')) throw error
    return undefined
  }
}

/** A `Last-Event-ID`; `undefined` for none, or one that is not ours. */
function parseId(text: string | undefined): LogPlace | undefined {
  return /^[\w-]+:\d{1,15}$/.test(text ?? '') ? (text as LogPlace) : undefined
}
