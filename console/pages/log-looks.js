// What operators looked at, when, and why: the looks in the audit, of a period.

import {href} from '../router.js'
import {strings} from '../strings.js'
import {empty, field, html, link, moreButton, page, select, table, time} from '../ui.js'
import {ENTRY_COLUMNS, entryRows, whoOf} from '../officers/entries.js'
import {daysAgo, periodFields, periodOf} from '../officers/period.js'
import {csvButton, sections} from '../officers/pieces.js'
import {LOOKS, logSections} from '../officers/sections.js'
import {recordLink} from '../officers/timeline.js'
import {belongsTo, keepOperator, keptOperator} from '../officers/visits.js'
import {WalkedList} from '../officers/walk.js'

const words = strings.looks

export const title = words.title

export async function load({api, query, session}) {
  belongsTo(session)
  const period = periodOf(query, {since: daysAgo(1), until: daysAgo(0)})
  const route = Object.hasOwn(strings.audit.routes, query.get('route') ?? '') ? query.get('route') : ''
  const asked = {...period, kind: 'look', route, operator: keptOperator(), limit: 100}
  const list = await new WalkedList(api, '/audit', 'entries', asked, {wanted: 50}).more()
  return {period, route, operator: keptOperator(), list}
}

export function view(data, {session, navigate, update}) {
  const {list} = data
  const show = (event) => {
    event.preventDefault()
    keepOperator(data.operator)
    navigate(`${LOOKS}?${new URLSearchParams({...data.period, ...(data.route && {route: data.route})})}`)
  }
  const write = (name) => (event) => (data[name] = event.target.value)
  const actions = csvButton(list, {columns: ENTRY_COLUMNS, toRows: entryRows, name: 'looks-of-operators', update})
  return page({title, lead: words.intro, actions}, html`
    ${sections(logSections(session), LOOKS)}
    <form class="find no-print" role="search" novalidate autocomplete="off" @submit=${show}>
      ${field({name: 'operator', label: words.operator, value: data.operator, maxlength: 200, oninput: write('operator')})}
      ${select({name: 'route', label: words.where, value: data.route, options: [['', strings.log.all], ...Object.entries(strings.audit.routes)], onchange: write('route')})}
      ${periodFields(data.period)}
      <div class="actions"><button type="submit">${words.show}</button></div>
    </form>
    ${list.rows.length ? looks(list.rows) : empty(list.hasMore ? words.noneYet : words.none)}
    ${moreButton(list, update)}`)
}

const looks = (rows) => table({
  caption: words.caption,
  columns: [
    {title: words.when, cell: (entry) => time(entry.moment)},
    {title: words.who, cell: (entry) => html`<span title=${entry.operator}>${whoOf(entry)}</span>`},
    {title: words.where, cell: (entry) => strings.audit.routes[entry.route] ?? entry.route},
    {title: words.whom, cell: whom},
    {title: words.reason, kind: 'wide', cell: (entry) => entry.reason || html`<span class="hint">${words.noReason}</span>`},
  ],
  rows,
})

function whom(entry) {
  if (entry.records?.length) return html`<ul class="keys">${entry.records.map((key) => html`<li>${recordLink(key)}</li>`)}</ul>`
  if (entry.query === null || typeof entry.query !== 'object') return entry.query ?? strings.common.none
  return html`<ul class="plain">${Object.entries(entry.query).map(([name, value]) => html`<li>
    ${words.parameters[name] ?? name}: ${name === 'client_id' ? link(href`/audit/clients/${value}`, value) : value}</li>`)}</ul>`
}
