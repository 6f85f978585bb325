/** Standard output: where results go, as text or JSON, at the pace at which they are read. */
import { once } from 'node:events'
import { redactText, redactValue } from '../../index.ts'
import { clean, cleanJson } from './clean.ts'

/** How to print. */
export interface OutputOptions {
  readonly isColor: boolean
  /** Leaves control characters in data as they are. */
  readonly isRaw: boolean
  /** Takes secrets out of everything that is printed. */
  readonly isRedacting: boolean
}

const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
} as const

/** A way to set words apart on a terminal. */
export type Style = keyof typeof STYLES

/** Writes to stdout. */
export class Output {
  readonly isTerminal: boolean
  readonly #isColor: boolean
  readonly #isRaw: boolean
  readonly #isRedacting: boolean

  constructor({ isColor, isRaw, isRedacting }: OutputOptions) {
    this.isTerminal = process.stdout.isTTY === true
    this.#isColor = isColor && this.isTerminal
    this.#isRaw = isRaw
    this.#isRedacting = isRedacting
  }

  /** Characters that fit on a line; unlimited when stdout is no terminal. */
  get width(): number {
    return this.isTerminal ? process.stdout.columns : Number.POSITIVE_INFINITY
  }

  /** Writes text as it is; resolves when the reader keeps up. */
  async write(text: string): Promise<void> {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain')
  }

  line(text = ''): Promise<void> {
    return this.write(`${this.#isRedacting ? redactText(text) : text}\n`)
  }

  /** Lines, each written before the next is asked for. */
  async lines(texts: Iterable<string>): Promise<void> {
    for (const text of texts) await this.line(text)
  }

  /** One JSON text on one line. */
  json(value: unknown): Promise<void> {
    const text = JSON.stringify(this.#isRedacting ? redactValue(value) : value)
    return this.write(`${this.#isRaw ? text : cleanJson(text)}\n`)
  }

  /** Text from the store, without control characters unless they were asked for. */
  data(text: string): string {
    return this.#isRaw ? text : clean(text)
  }

  style(style: Style, text: string): string {
    if (!this.#isColor) return text
    const [on, off] = STYLES[style]
    return `\u001b[${on}m${text}\u001b[${off}m`
  }
}
