/** Lays a JSON text out as `JSON.stringify(value, null, 2)` would, with every literal as it stands. */
import { endOfString } from './skip-json.ts'

const BLANK: ReadonlySet<string> = new Set(' \t\r\n')
const STRUCTURE: ReadonlySet<string> = new Set('{}[],:')

/** The text on lines, two spaces a level; empty lists and objects stay on theirs. */
export function indentJson(text: string): string {
  const parts: string[] = []
  let depth = 0
  let isEmpty = false
  const line = () => `\n${'  '.repeat(depth)}`
  for (let at = 0; at < text.length; ) {
    const character = text.charAt(at)
    const start = at++
    if (BLANK.has(character)) continue
    if (character === '}' || character === ']') {
      depth--
      parts.push(isEmpty ? character : line() + character)
      isEmpty = false
      continue
    }
    if (isEmpty) parts.push(line())
    isEmpty = character === '{' || character === '['
    if (isEmpty) depth++
    if (character === ',') parts.push(character + line())
    else if (character === ':') parts.push(': ')
    else if (isEmpty) parts.push(character)
    else {
      at = character === '"' ? endOfString(text, start) + 1 : endOfLiteral(text, start)
      parts.push(text.slice(start, at))
    }
  }
  return parts.join('')
}

function endOfLiteral(text: string, start: number): number {
  let end = start
  while (end < text.length && !BLANK.has(text.charAt(end)) && !STRUCTURE.has(text.charAt(end)))
    end++
  return end
}
