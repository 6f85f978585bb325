/**
 * The source's own text of the parts of a document that was parsed: of its members, and of the
 * elements of its lists. A value loses digits and repeated keys; a module that makes events of the
 * parts of a file hands on what stood there.
 */
import { JsonDocument, type JsonPart } from './json-document.ts'
import type { JsonFileResult } from './json-reader.ts'

/** Finds the text of a value by the value itself. */
export class SourceTexts {
  /** Earlier occurrences of keys of the outermost object: the value has the last. */
  readonly repeated: readonly JsonPart[]
  readonly #texts = new WeakMap<object, string>()
  readonly #members = new Map<string, string>()
  readonly #value: unknown

  constructor({ value, text }: Pick<Extract<JsonFileResult, { kind: 'value' }>, 'value' | 'text'>) {
    this.#value = value
    this.repeated = this.#learn(value, text, 2)
  }

  /**
   * The JSON text of `part`: an object or list that stands in the document down to its second level,
   * or a new object of members of the outermost one. `undefined` of anything else.
   */
  of(part: object): string | undefined {
    return this.#texts.get(part) ?? this.#ofMembers(part)
  }

  /** True of a member or an element, false of the whole and of what was made of some of it. */
  isWithin(part: object): boolean {
    return part !== this.#value && this.#texts.has(part)
  }

  #ofMembers(part: object): string | undefined {
    const whole = this.#value
    if (typeof whole !== 'object' || whole === null) return undefined
    const texts: string[] = []
    for (const [name, value] of Object.entries(part)) {
      const text = this.#members.get(name)
      if (text === undefined || (whole as Record<string, unknown>)[name] !== value) return undefined
      texts.push(`${JSON.stringify(name)}:${text}`)
    }
    return `{${texts.join(',')}}`
  }

  #learn(value: unknown, text: string, levels: number): JsonPart[] {
    if (typeof value !== 'object' || value === null) return []
    const document = new JsonDocument(Buffer.from(text))
    this.#texts.set(value, document.compactText())
    if (levels === 0) return []
    const repeated: JsonPart[] = []
    let place = 0
    for (const member of document.members()) {
      if (member.kind === 'reject') {
        if (member.reason === 'repeated key') repeated.push(member)
        continue
      }
      const { name } = member
      if (name !== undefined && levels === 2) this.#members.set(name, member.text)
      const inner = (value as Record<string, unknown>)[name ?? place++]
      // Of objects within objects nothing is made; of lists each element.
      if (levels === 2 && Array.isArray(inner)) this.#learn(inner, member.text, 1)
      else if (typeof inner === 'object' && inner !== null) this.#texts.set(inner, member.text)
    }
    return repeated
  }
}
