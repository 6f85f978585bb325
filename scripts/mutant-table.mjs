/**
 * Reads the table of `test/mutants.md`: id | file | search | replacement | tests.
 *
 * Search and replacement are code spans; `\n` in them is a line break and `\|` a bar, which a
 * table cannot hold as they are, and `\\` a backslash. Tests are paths separated by spaces. An
 * empty replacement is an empty cell: the mutant removes the text.
 */

/** The mutants in order; throws on a row that is not whole, as it would silently test nothing. */
export function parseMutants(markdown) {
  const rows = markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map(cellsOf)
    .filter(([id]) => id !== 'id' && !/^:?-+:?$/.test(id))
  const mutants = rows.map((cells) => {
    const [id, file, search, replacement, tests] = cells
    if (cells.length !== 5 || !id || !file || !search || !tests) {
      throw new Error(`not a mutant: | ${cells.join(' | ')} |`)
    }
    return {
      id,
      file: codeOf(file),
      search: codeOf(search),
      replacement: codeOf(replacement),
      tests: tests.split(/\s+/).map(codeOf),
    }
  })
  const twice = mutants.find(
    ({ id }, index) => mutants.findIndex((other) => other.id === id) < index,
  )
  if (twice) throw new Error(`two mutants are named ${twice.id}`)
  return mutants
}

function cellsOf(line) {
  return line
    .trim()
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim())
}

// A span may be fenced by more backticks than it holds, as in any Markdown. One blank inside
// each fence is Markdown's; text that must begin with a blank has two.
function codeOf(cell) {
  const [, , text] = /^(`+)(.*)\1$/.exec(cell) ?? [cell, '', cell]
  const inner = /^ .* $/.test(text) ? text.slice(1, -1) : text
  return inner.replace(/\\([\\n|])/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
}
