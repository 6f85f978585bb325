import { expect, test } from 'vitest'
import { parseGitConfig } from './git-config.ts'

test.each([
  ['[core]\n\tbare = true', 'true'],
  ['[CORE]\r\nBare=TRUE\r\n', 'TRUE'],
  ['[core] bare = yes', 'yes'],
  ['[core]\nbare', 'true'],
  ['[core]\nbare = false\nbare = true # the last one counts', 'true'],
  ['[core]\nbare = "a # b" ; comment', 'a # b'],
  ['[core]\nbare = C:\\\\work\\\\tree  ', 'C:\\work\\tree'],
  ['[core]\nbare = "with trailing  "  ', 'with trailing  '],
  ['; comment\n# [other]\n[core]\n# bare = no\nbare = on', 'on'],
])('%j sets core.bare', (text, value) => {
  expect(parseGitConfig(text).get('core.bare')).toBe(value)
})

test.each(['', 'bare = true', '[core "sub"]\nbare = true', '[core]\n[remote]\nbare = true'])(
  '%j does not set core.bare',
  (text) => {
    expect(parseGitConfig(text).get('core.bare')).toBeUndefined()
  },
)
