/** A progress bar on stderr, on a terminal only, drawn at a pace that costs nothing. */

const DRAW_EVERY_MS = 100
const BAR_WIDTH = 24
const CLEAR_LINE = '\r\u001b[2K'

/** Shows how far something is. */
export class Progress {
  readonly #label: string
  readonly #isShown: boolean
  #drawnAtMs = 0
  #isDrawn = false

  constructor(label: string, isSilent: boolean) {
    this.#label = label
    this.#isShown = !isSilent && process.stderr.isTTY === true
  }

  /** Draws the bar, unless it was drawn a moment ago. Work of several steps names the one it is at. */
  show(done: number, total: number, label: string = this.#label): void {
    if (!this.#isShown) return
    const nowMs = performance.now()
    if (this.#isDrawn && nowMs - this.#drawnAtMs < DRAW_EVERY_MS) return
    this.#drawnAtMs = nowMs
    this.#isDrawn = true
    const share = total > 0 ? Math.min(1, done / total) : 0
    const full = Math.round(share * BAR_WIDTH)
    const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full)
    const percent = `${Math.round(share * 100)} %`.padStart(5)
    process.stderr.write(`${CLEAR_LINE}${label} ${bar} ${percent}`)
  }

  /** Takes the bar away, before anything else is written. */
  clear(): void {
    if (!this.#isDrawn) return
    process.stderr.write(CLEAR_LINE)
    this.#isDrawn = false
  }
}
