/** The process of a guard: removes the files that it is told of when its input ends. */
import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'

const [, , folder = '', own = '', depth] = process.argv

process.stdin.once('close', () => {
  for (const entry of readdirSync(folder, { recursive: depth === 'deep', encoding: 'utf8' })) {
    if (own !== '' && basename(entry).includes(own)) rmSync(join(folder, entry), { force: true })
  }
})
process.stdin.resume()
