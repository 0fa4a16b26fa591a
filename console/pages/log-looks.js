// What operators looked at, when, and why: the looks in the audit, of a period.

import {href} from '../router.js'
import {strings} from '../strings.js'
import {empty, html, link, moreButton, page, table, time} from '../ui.js'
import {ENTRY_COLUMNS, entryRows, kindOf, whoOf} from '../officers/entries.js'
import {daysAgo, periodFields, periodOf} from '../officers/period.js'
import {csvButton, hint, sections} from '../officers/pieces.js'
import {LOOKS, logSections} from '../officers/sections.js'
import {recordLink} from '../officers/timeline.js'
import {belongsTo} from '../officers/visits.js'
import {WalkedList} from '../officers/walk.js'

const words = strings.looks

export const title = words.title

export async function load({api, query, session}) {
  belongsTo(session)
  const period = periodOf(query, {since: daysAgo(1), until: daysAgo(0)})
  const options = {wanted: 50, most: 10, keep: (entry) => kindOf(entry) === 'look'}
  return {period, list: await new WalkedList(api, '/audit', 'entries', {...period, limit: 100}, options).more()}
}

export function view(data, {session, navigate, update}) {
  const {list} = data
  const show = (event) => {
    event.preventDefault()
    navigate(`${LOOKS}?${new URLSearchParams(data.period)}`)
  }
  const actions = csvButton(list, {columns: ENTRY_COLUMNS, toRows: entryRows, name: 'looks-of-operators', update})
  return page({title, lead: words.intro, actions}, html`
    ${sections(logSections(session), LOOKS)}
    <form class="find no-print" novalidate @submit=${show}>
      ${periodFields(data.period)}
      <div class="actions"><button type="submit">${words.show}</button></div>
    </form>
    ${list.rows.length ? looks(list.rows) : empty(list.hasMore ? words.noneYet : words.none)}
    ${hint(words.read(list.read, list.hasMore))}
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
