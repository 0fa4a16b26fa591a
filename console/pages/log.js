// Who administered what: the log of all clients, operators and keys, the newest first.

import {strings} from '../strings.js'
import {empty, field, html, moreButton, page, select} from '../ui.js'
import {logEntries, LOG_COLUMNS, logRows} from '../officers/log_entries.js'
import {periodFields, periodOf} from '../officers/period.js'
import {csvButton, sections} from '../officers/pieces.js'
import {LOG, logSections} from '../officers/sections.js'
import {belongsTo, keepOperator, keptOperator} from '../officers/visits.js'
import {WalkedList} from '../officers/walk.js'

const words = strings.log
const KINDS = Object.keys(words.kinds)
const CLIENT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export const title = words.title

export async function load({api, query, session}) {
  belongsTo(session)
  const given = {...periodOf(query), ...Object.fromEntries(['kind', 'act', 'client_id'].map((name) => [name, query.get(name)]))}
  const filter = Object.fromEntries(Object.entries(given).filter(([name, value]) => isValue(name, value)))
  const asked = {...filter, by: keptOperator(), limit: 100}
  const list = await new WalkedList(api, '/administration-log', 'entries', asked, {wanted: 50}).more()
  const client = filter.client_id && (list.rows.find(({name}) => name)?.name ?? filter.client_id)
  return {filter, list, by: keptOperator(), client: client ?? '', shown: client ?? '', problem: ''}
}

function isValue(name, value) {
  if (name === 'kind') return KINDS.includes(value)
  if (name === 'act') return Object.hasOwn(words.acts, value ?? '')
  return name === 'client_id' ? CLIENT_ID.test(value) : true
}

export function view(data, {api, session, navigate, update}) {
  const {list, filter} = data
  const show = async (event) => {
    event.preventDefault()
    try {
      if (data.client.trim() !== data.shown) filter.client_id = await clientOf(api, data.client.trim())
    } catch (error) {
      if (error.name === 'AbortError') return
      data.problem = error.message
      update()
      return
    }
    keepOperator(data.by)
    navigate(`${LOG}?${new URLSearchParams(Object.entries(filter).filter(([, value]) => value))}`)
  }
  const choose = (name) => (event) => (filter[name] = event.target.value)
  const write = (name) => (event) => (data[name] = event.target.value)
  return page({title, lead: words.intro, actions: csvButton(list, {columns: LOG_COLUMNS, toRows: logRows, name: 'administration-log', update})}, html`
    ${sections(logSections(session), LOG)}
    <form class="find no-print" role="search" novalidate autocomplete="off" @submit=${show}>
      ${select({name: 'kind', label: words.kind, value: filter.kind, options: [['', words.all], ...KINDS.map((kind) => [kind, words.kinds[kind]])], onchange: choose('kind')})}
      ${select({name: 'act', label: words.act, value: filter.act, options: [['', words.all], ...Object.entries(words.acts)], onchange: choose('act')})}
      ${field({name: 'by', label: words.author, value: data.by, maxlength: 200, oninput: write('by')})}
      ${field({name: 'client', label: words.client, value: data.client, error: data.problem, maxlength: 200, oninput: write('client')})}
      ${periodFields(filter)}
      <div class="actions"><button type="submit">${words.show}</button></div>
    </form>
    ${list.rows.length ? logEntries(list.rows) : empty(list.hasMore ? words.noneYet : words.none)}
    ${moreButton(list, update)}`)
}

// The id of a client by its name or id; empty for none.
async function clientOf(api, text) {
  if (!text || CLIENT_ID.test(text)) return text
  const [found] = (await api.get('/clients', {name: text})).clients
  if (!found) throw new Error(words.noClient)
  return found.client_id
}
