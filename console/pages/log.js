// Who administered what: the log of all clients, operators and keys, the newest first.

import {strings} from '../strings.js'
import {empty, field, html, moreButton, nothing, page, select} from '../ui.js'
import {logEntries, LOG_COLUMNS, logRows} from '../officers/log_entries.js'
import {csvButton, sections} from '../officers/pieces.js'
import {LOG, logSections} from '../officers/sections.js'
import {WalkedList} from '../officers/walk.js'

const words = strings.log
const KINDS = Object.keys(words.kinds)

export const title = words.title

export async function load({api, query}) {
  const filter = {kind: KINDS.includes(query.get('kind')) ? query.get('kind') : '', act: Object.hasOwn(words.acts, query.get('act') ?? '') ? query.get('act') : ''}
  const data = {filter, text: ''}
  const keep = (entry) => (!filter.kind || entry.kind === filter.kind) && (!filter.act || entry.act === filter.act)
  data.list = await new WalkedList(api, '/administration-log', 'entries', {limit: 100}, {wanted: 50, keep}).more()
  return data
}

const address = (filter) => {
  const given = Object.entries(filter).filter(([, value]) => value)
  return given.length ? `${LOG}?${new URLSearchParams(given)}` : LOG
}

export function view(data, {session, navigate, update}) {
  const {list, filter} = data
  const choose = (name) => (event) => navigate(address({...filter, [name]: event.target.value}), {replace: true})
  const write = (event) => {
    data.text = event.target.value
    update()
  }
  const shown = list.rows.filter((entry) => matches(entry, data.text))
  return page({title, lead: words.intro, actions: csvButton(list, {columns: LOG_COLUMNS, toRows: logRows, name: 'administration-log', update})}, html`
    ${sections(logSections(session), LOG)}
    <div class="filters" role="search">
      ${select({name: 'kind', label: words.kind, value: filter.kind, options: [['', words.all], ...KINDS.map((kind) => [kind, words.kinds[kind]])], onchange: choose('kind')})}
      ${select({name: 'act', label: words.act, value: filter.act, options: [['', words.all], ...Object.entries(words.acts)], onchange: choose('act')})}
      ${field({name: 'text', label: words.text, value: data.text, required: true, maxlength: 200, oninput: write})}
    </div>
    ${shown.length ? logEntries(shown) : empty(data.text ? words.noneShown : list.hasMore ? words.noneYet : words.none)}
    <p class="hint" role="status">${filter.kind || filter.act ? words.read(list.read, list.hasMore) : nothing}</p>
    ${moreButton(list, update)}`)
}

// Whether names or ids of an entry have a text in them.
function matches(entry, text) {
  const wanted = text.trim().toLocaleLowerCase()
  const members = ['id', 'name', 'by', 'by_name', 'approved_by', 'approved_by_name', 'approval_id', 'secret_id']
  return !wanted || members.some((name) => String(entry[name] ?? '').toLocaleLowerCase().includes(wanted))
}
