/**
 * Reads panels when they are due and tells whoever looks, if their rows have changed
 * (docs/design/dashboard.md). Nothing is read while nobody looks.
 */
import { isStoreError, type PanelRow, redactText, type Store } from '../../index.ts'
import type { Disclosure } from './disclosure.ts'
import type { PanelSource } from './panel-source.ts'

/** A panel as it is sent. */
export interface PanelView {
  readonly module: string
  readonly name: string
  readonly title: string
  /** The first 500. */
  readonly rows: readonly PanelRow[]
  readonly total: number
  /** Why it cannot be read; `null` when it can. */
  readonly error: string | null
}

const MAX_ROWS = 500
// Events come in bursts: a panel is read once for all that a quarter of a second brings.
const GATHER_MS = 250

/** Told of each panel that has changed. */
export type OnPanel = (view: PanelView) => void

/** The panels of some stores, live. */
export class PanelFeed {
  readonly #stores: readonly Store[]
  readonly #sources: readonly PanelSource[]
  readonly #disclose: Disclosure
  readonly #viewers = new Set<OnPanel>()
  readonly #sent = new Map<PanelSource, { readonly text: string; readonly view: PanelView }>()
  readonly #due = new Set<PanelSource>()
  #running: AbortController | undefined
  #gathering: NodeJS.Timeout | undefined
  #reading: Promise<void> = Promise.resolve()

  constructor(stores: readonly Store[], sources: readonly PanelSource[], disclose: Disclosure) {
    this.#stores = stores
    this.#sources = sources
    this.#disclose = disclose
  }

  /** Reads every panel now. */
  read(): Promise<PanelView[]> {
    return Promise.all(this.#sources.map((source) => viewOf(source, this.#disclose)))
  }

  /** Tells `onPanel` of all panels, then of each that changes, until the returned function is called. */
  subscribe(onPanel: OnPanel): () => void {
    for (const { view } of this.#sent.values()) onPanel(view)
    this.#viewers.add(onPanel)
    if (this.#viewers.size === 1) this.#start()
    return () => {
      this.#viewers.delete(onPanel)
      if (this.#viewers.size === 0) this.#stop()
    }
  }

  #start(): void {
    const running = new AbortController()
    this.#running = running
    for (const source of this.#sources) {
      this.#due.add(source)
      if (source.everyMs === undefined) continue
      const timer = setInterval(() => this.#makeDue([source]), source.everyMs)
      running.signal.addEventListener('abort', () => clearInterval(timer))
    }
    this.#gather()
    for (const store of this.#stores) if (store.attached) void this.#follow(store, running.signal)
  }

  #stop(): void {
    this.#running?.abort()
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.#due.clear()
    // What is read for the next viewer may be another day's.
    this.#sent.clear()
  }

  async #follow(store: Store, signal: AbortSignal): Promise<void> {
    try {
      for await (const { type } of store.log.follow({ signal })) {
        const module = type.slice(0, type.indexOf('.'))
        this.#makeDue(this.#sources.filter((source) => source.module === module))
      }
    } catch (error) {
      // Closed or replaced: the stream of events says so, and the browser comes again.
      if (!isStoreError(error)) throw error
    }
  }

  #makeDue(sources: readonly PanelSource[]): void {
    for (const source of sources) this.#due.add(source)
    if (this.#due.size > 0) this.#gathering ??= setTimeout(() => this.#gather(), GATHER_MS)
  }

  #gather(): void {
    this.#gathering = undefined
    const due = [...this.#due]
    this.#due.clear()
    // One after the other, so that a slow panel is not read twice at once.
    this.#reading = this.#reading.then(async () => {
      for (const source of due) await this.#tell(source)
    })
  }

  async #tell(source: PanelSource): Promise<void> {
    if (this.#viewers.size === 0) return
    const view = await viewOf(source, this.#disclose)
    const text = JSON.stringify(view)
    if (this.#sent.get(source)?.text === text) return
    this.#sent.set(source, { text, view })
    for (const onPanel of this.#viewers) onPanel(view)
  }
}

async function viewOf(
  { module, name, title, read }: PanelSource,
  disclose: Disclosure,
): Promise<PanelView> {
  const of = { module, name, title }
  try {
    const rows = await read()
    return { ...of, rows: disclose(rows.slice(0, MAX_ROWS)), total: rows.length, error: null }
  } catch (error) {
    return { ...of, rows: [], total: 0, error: redactText((error as Error).message) }
  }
}
