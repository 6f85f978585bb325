/**
 * The plugin of bundle.mjs that lets a program load what it uses, when it uses it.
 *
 * To read and parse the whole kernel takes Node most of the time that it takes to start at all, and
 * the built-in modules below, which bring streams and sockets along, a sixth of it. So in the bundle
 * the functions and classes of a module that is loaded late stand for themselves: the first call
 * loads the file they are in. The API stays synchronous and the sources stay plain imports.
 *
 * Such a class has no static members, is only made with `new`, and is never asked for with `instanceof`.
 * What else such a module exports must be what JSON can say, since it is repeated in place. Static members
 * and other values fail the build.
 */
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What is used of Node's modules that are loaded late. */
const LATE_BUILTINS = {
  'node:child_process': ['execFileSync', 'fork'],
  'node:crypto': ['createHash', 'hash', 'randomBytes', 'randomUUID'],
  'node:net': ['createServer'],
  'node:os': ['homedir', 'hostname', 'tmpdir'],
  'node:zlib': ['constants', 'crc32', 'deflateRawSync', 'gunzipSync', 'gzipSync', 'inflateRawSync'],
}

const OF_EVERY_CLASS = ['length', 'name', 'prototype']
const STAND_IN = '\0stand-in:'
const LOADED = 'late:'

/** Whether `id` is a module of Node that is loaded late. */
export function isLateBuiltin(id) {
  return Object.hasOwn(LATE_BUILTINS, id)
}

/** Loads each of `late` at its first use: files, by the names of the chunks that they become. */
export function lateImports(late) {
  const chunks = new Map(Object.entries(late).map(([chunk, file]) => [file, chunk]))
  return {
    name: 'late-imports',
    resolveId(source, importer, { isEntry }) {
      if (isEntry || importer === undefined) return null
      if (source.startsWith(LOADED)) return { id: source.slice(LOADED.length), external: true }
      if (isLateBuiltin(source)) return STAND_IN + source
      if (!source.startsWith('.')) return null
      const file = resolve(dirname(importer), source)
      return chunks.has(file) ? STAND_IN + file : null
    },
    async load(id) {
      if (!id.startsWith(STAND_IN)) return null
      const file = id.slice(STAND_IN.length)
      if (isLateBuiltin(file)) return standIn(file, pick(await import(file), LATE_BUILTINS[file]))
      return standIn(`./${chunks.get(file)}.cjs`, await import(pathToFileURL(file).href))
    },
  }
}

function standIn(file, exported) {
  const lines = Object.entries(exported).map(([name, value]) => exportLine(file, name, value))
  // In CommonJS, where `require` is at hand and a file is loaded once, however it is asked for.
  const load = `let loaded\nconst load = () => (loaded ??= require('${LOADED}${file}'))`
  return { code: [load, ...lines].join('\n'), moduleType: 'js' }
}

function exportLine(file, name, value) {
  if (typeof value !== 'function') return `export const ${name} = ${repeated(file, name, value)}`
  const isClass = /^class\b/.test(Function.prototype.toString.call(value))
  if (!isClass) return `export const ${name} = (...args) => load().${name}(...args)`
  const statics = Object.getOwnPropertyNames(value).filter((one) => !OF_EVERY_CLASS.includes(one))
  if (statics.length > 0) throw new Error(`${file} cannot be loaded late: ${name}.${statics[0]}`)
  return `export function ${name}(...args) { return new (load().${name})(...args) }`
}

function repeated(file, name, value) {
  const text = JSON.stringify(value)
  const isSame = text !== undefined && JSON.stringify(JSON.parse(text)) === text
  const isPlain = typeof value !== 'object' || Array.isArray(value) || file === 'node:zlib'
  if (isSame && isPlain) return text
  throw new Error(
    `${file} cannot be loaded late: its '${name}' is no function, class or plain value`,
  )
}

function pick(module, names) {
  return Object.fromEntries(names.map((name) => [name, module[name]]))
}
