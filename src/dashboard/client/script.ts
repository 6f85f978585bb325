/** The page's script, as it is served: no library, and nothing but this server to talk to. */

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

// A module's page is made when its first panel comes; the kernel's panels are on the store's.
const pageOf = (module) => {
  const name = module === 'holdfast' ? 'store' : module
  const known = byId('page-' + name)
  if (known) return known
  const page = byId('page-store').parentNode.appendChild(document.createElement('div'))
  page.className = 'page'
  page.id = 'page-' + name
  const link = byId('pages').appendChild(document.createElement('a'))
  link.href = '#' + name
  link.textContent = name
  showPage()
  return page
}

const showPage = () => {
  const wanted = decodeURIComponent(location.hash.slice(1))
  const shown = byId('page-' + wanted) ? wanted : 'store'
  for (const page of document.querySelectorAll('.page')) page.hidden = page.id !== 'page-' + shown
  for (const link of byId('pages').children) {
    if (link.hash === '#' + shown) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
}

const sectionOf = (module, name) => {
  const id = 'panel-' + module + '-' + name
  const known = byId(id)
  if (known) return known
  const section = pageOf(module).appendChild(document.createElement('section'))
  section.id = id
  return section
}

function showPanel({ module, name, title, rows, total, error }) {
  const heading = document.createElement('h2')
  heading.textContent = title + (total > 0 ? ' (' + total + ')' : '')
  const section = sectionOf(module, name)
  const note = (text) => {
    const line = document.createElement('p')
    line.textContent = text
    return line
  }
  if (error !== null) return section.replaceChildren(heading, note('cannot be read: ' + error))
  if (rows.length === 0) return section.replaceChildren(heading, note('none'))
  const columns = [...new Set(rows.flatMap((one) => Object.keys(one)))]
  const table = document.createElement('table')
  const head = table.createTHead().insertRow()
  for (const column of columns) {
    head.appendChild(document.createElement('th')).textContent = column
  }
  const body = table.createTBody()
  for (const one of rows) {
    const line = body.insertRow()
    for (const column of columns) {
      const cell = line.insertCell()
      cell.textContent = one[column] ?? ''
      // For the style alone: a word such as dead or blocked stands out.
      cell.dataset.value = String(one[column] ?? '').slice(0, 40)
    }
  }
  const more = total > rows.length ? [note('and ' + (total - rows.length) + ' more')] : []
  section.replaceChildren(heading, table, ...more)
}
addEventListener('hashchange', showPage)

let due
const showStatusSoon = () => { due ??= setTimeout(() => { due = undefined; void showStatus() }, 250) }

const source = new EventSource('/api/events')
source.addEventListener('open', () => { byId('state').textContent = 'live' })
source.addEventListener('error', () => { byId('state').textContent = 'reconnecting' })
source.addEventListener('resync', () => byId('events').replaceChildren())
source.addEventListener('panel', ({ data }) => showPanel(JSON.parse(data)))
source.addEventListener('event', ({ data }) => {
  const event = JSON.parse(data)
  const body = byId('events')
  body.prepend(row([event.sequence, event.recordedAt, event.type, event.stream, JSON.stringify(event.data).slice(0, 200)]))
  while (body.children.length > SHOWN) body.lastChild.remove()
  showStatusSoon()
})
showPage()
void showStatus()
`
