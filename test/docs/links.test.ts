import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { documents, ROOT, textOf } from './code-blocks.ts'

/** The anchor that a Markdown heading gets. */
const anchorOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

function brokenLinks(document: string): string[] {
  return [...textOf(document).matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)]
    .filter(([, path = '', anchor]) => {
      const target = path === '' ? document : join(dirname(document), path)
      if (!existsSync(join(ROOT, target))) return true
      if (anchor === undefined) return false
      const headings = [...textOf(target).matchAll(/^#+ (.*)$/gm)]
      return !headings.some(([, heading = '']) => anchorOf(heading) === anchor.toLowerCase())
    })
    .map(([link]) => `${document}: ${link.slice(1)}`)
}

test('every link from one document to another leads somewhere', () => {
  const pages = [...documents(), 'CONTRIBUTING.md', 'CHANGELOG.md']
  expect(pages.flatMap(brokenLinks)).toEqual([])
})
