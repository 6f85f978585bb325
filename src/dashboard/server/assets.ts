/** The page, its script and its style. Texts, because they are served under a strict CSP as files. */

/** The page; everything in it is filled in by the script. */
export const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Holdfast</title>
<link rel="stylesheet" href="/style.css">
<header><h1>Holdfast</h1><p id="path"></p><p id="state" role="status">connecting</p></header>
<main>
<section><h2>Store</h2><dl id="facts"></dl></section>
<section><h2>Modules</h2><table><thead><tr><th>module<th>version<th>state</thead><tbody id="modules"></tbody></table></section>
<section><h2>Log</h2><table><thead><tr><th>sequence<th>recorded<th>type<th>stream<th>data</thead><tbody id="events"></tbody></table></section>
</main>
<script type="module" src="/client.js"></script>
</html>
`

/** Writes text nodes only, so that nothing an agent has stored can become markup. */
export const SCRIPT = `
const SHOWN = 200
const byId = (id) => document.getElementById(id)
const row = (values) => {
  const line = document.createElement('tr')
  for (const value of values) line.appendChild(document.createElement('td')).textContent = value
  return line
}

async function showStatus() {
  const response = await fetch('/api/status')
  if (!response.ok) return
  const status = await response.json()
  byId('path').textContent = status.path + ' (' + status.why + ')'
  const facts = {
    events: status.events, head: status.head, streams: status.streams,
    'file, bytes': status.sizeBytes, 'WAL, bytes': status.walBytes,
    driver: status.driver + ', SQLite ' + status.sqliteVersion,
    'written by': status.holder ?? 'anybody', 'set aside': status.quarantined.length,
  }
  byId('facts').replaceChildren(...Object.entries(facts).flatMap(([name, value]) => {
    const term = document.createElement('dt')
    term.textContent = name
    const text = document.createElement('dd')
    text.textContent = value
    return [term, text]
  }))
  byId('modules').replaceChildren(...status.modules.map((module) => row([
    module.name, module.version, module.behindFrom === null ? 'current' : 'behind from ' + module.behindFrom,
  ])))
}

let due
const showStatusSoon = () => { due ??= setTimeout(() => { due = undefined; void showStatus() }, 250) }

const source = new EventSource('/api/events')
source.addEventListener('open', () => { byId('state').textContent = 'live' })
source.addEventListener('error', () => { byId('state').textContent = 'reconnecting' })
source.addEventListener('resync', () => byId('events').replaceChildren())
source.addEventListener('event', ({ data }) => {
  const event = JSON.parse(data)
  const body = byId('events')
  body.prepend(row([event.sequence, event.recordedAt, event.type, event.stream, JSON.stringify(event.data).slice(0, 200)]))
  while (body.children.length > SHOWN) body.lastChild.remove()
  showStatusSoon()
})
void showStatus()
`

/** Enough to read by, light and dark. */
export const STYLE = `
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; }
header { display: flex; gap: 1.5rem; align-items: baseline; flex-wrap: wrap; }
h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1rem; } header p { margin: 0; opacity: .75; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; } dt { opacity: .75; } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; } td, th { padding: .15rem .6rem .15rem 0; vertical-align: top; }
td:last-child { overflow-wrap: anywhere; font-family: ui-monospace, monospace; font-size: 12px; }
`
