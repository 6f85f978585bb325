/**
 * Makes a bundle's exports by getters, one for each name, a single object: to read and to define the
 * getters took a start three milliseconds. What may change after its file was run keeps its getter.
 */

const GETTER =
  /Object\.defineProperty\(exports, "([\w$]+)", \{\s*enumerable: true,\s*get: function\(\) \{\s*return ([\w$]+);\s*\}\s*\}\);\n?/g

/** The code of a CommonJS file with plain exports. */
export function withPlainExports(code) {
  const entries = []
  const rest = code.replace(GETTER, (getter, name, local) => {
    if (!isConstant(local, code)) return getter
    entries.push(name === local ? name : `${name}: ${local}`)
    return ''
  })
  if (entries.length === 0) return code
  // The same object as before: a file that was asked for in the middle of this one has it already.
  return `${rest}Object.assign(exports, {\n\t${entries.join(',\n\t')}\n});\n`
}

// A class that names itself becomes a variable which holds it.
function isConstant(local, code) {
  const name = local.replaceAll('$', '\\$')
  const declaration = `(?:(?:const|class|(?:async )?function\\*?) ${name}\\b|var ${name} = class\\b)`
  return new RegExp(`^${declaration}`, 'm').test(code)
}
