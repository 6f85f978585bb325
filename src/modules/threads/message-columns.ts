/** A message's content as its columns, and back. */
import type { Content } from './event-data.ts'
import type { ContentKind } from './vocabulary.ts'

/** What a row of a message says of its content. */
export interface MessageColumns {
  readonly kind: ContentKind
  readonly text: string
  readonly detail: unknown
}

/** A text is searched and shown as it is, and so stands in one column only. */
export function messageColumns(content: Content): MessageColumns {
  switch (content.kind) {
    case 'text':
    case 'thinking':
      return { kind: content.kind, text: content.text, detail: null }
    case 'tool-call': {
      const { kind, name, ...detail } = content
      return { kind, text: name, detail }
    }
    case 'tool-result': {
      const { kind, output, ...detail } = content
      if (typeof output === 'string') return { kind, text: output, detail }
      return { kind, text: '', detail: { ...detail, output } }
    }
  }
}

/** The content that the columns were made of. */
export function contentOf({ kind, text, detail }: MessageColumns): Content {
  const more = (detail ?? {}) as Readonly<Record<string, unknown>>
  const callId = String(more['callId'] ?? '')
  switch (kind) {
    case 'text':
    case 'thinking':
      return { kind, text }
    case 'tool-call':
      return { kind, callId, name: text, input: more['input'] ?? null }
    case 'tool-result': {
      const output = 'output' in more ? more['output'] : text
      return { kind, callId, output, isError: more['isError'] === true }
    }
  }
}
