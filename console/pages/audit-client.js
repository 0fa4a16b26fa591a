// What one client saw in a period, also what was withheld from it; and how much it received on each day of a month.

import {href} from '../router.js'
import {strings} from '../strings.js'
import {badge, empty, html, moreButton, nothing, page, section} from '../ui.js'
import {ENTRY_COLUMNS, entryRows} from '../officers/entries.js'
import {daysAgo, periodFields, periodOf} from '../officers/period.js'
import {csvButton, hint, sections, warning} from '../officers/pieces.js'
import {AUDIT_CLIENTS, auditSections} from '../officers/sections.js'
import {timeline} from '../officers/timeline.js'
import {belongsTo} from '../officers/visits.js'
import {WalkedList} from '../officers/walk.js'
import {figure} from '../officers/figure.js'

const words = strings.clientAudit

export const title = words.title

export async function load({api, params, query, session}) {
  belongsTo(session)
  const id = params.client_id
  const period = periodOf(query, {since: daysAgo(6), until: daysAgo(0)})
  const list = new WalkedList(api, '/audit', 'entries', {client_id: id, ...period})
  const [usage, problem] = await Promise.all([usageOf(api, id), list.more().then(() => '', problemOf)])
  const name = list.rows.find((entry) => entry.client)?.client ?? usage[0]?.client ?? id
  return {id, period, list, usage, problem, name, figure: usage.length ? await figureOf(usage) : nothing}
}

// A period or a client that the API does not accept; other errors are those of the page.
function problemOf(error) {
  if (error.status === 400 || error.status === 404) return error.message
  throw error
}

// The days of a client, the oldest first; none of one that is deleted.
async function usageOf(api, client_id) {
  try {
    return (await api.get('/usage', {client_id, days: 30})).usage.reverse()
  } catch (error) {
    if (error.status !== 404) throw error
    return []
  }
}

const figureOf = (usage) => figure({
  title: words.chart,
  times: usage.map((row) => Date.parse(`${row.date}T00:00:00Z`) / 1000),
  labels: usage.map((row) => row.date),
  series: [{label: words.records, values: usage.map((row) => row.records)}],
})

export function view(data, {navigate, update}) {
  const {list} = data
  const show = (event) => {
    event.preventDefault()
    navigate(`${href`/audit/clients/${data.id}`}?${new URLSearchParams(data.period)}`)
  }
  return page({title: words.heading(data.name), back: [AUDIT_CLIENTS, words.all], actions: html`<a class="button" href=${href`/clients/${data.id}`}>${words.settings}</a>`}, html`
    ${sections(auditSections, AUDIT_CLIENTS)}
    ${data.usage.length ? section(words.volume, html`${data.figure} ${unusualDays(data.usage)} ${hint(strings.usage.what)}`) : nothing}
    ${section(words.entries, html`
      <form class="find no-print" novalidate @submit=${show}>
        ${periodFields(data.period)}
        <div class="actions"><button type="submit">${words.show}</button></div>
      </form>
      ${data.problem ? warning(data.problem) : entries(data, update)}
      ${data.problem ? nothing : moreButton(list, update)}`,
    csvButton(list, {columns: ENTRY_COLUMNS, toRows: entryRows, name: 'what-a-client-saw', update}))}`)
}

function entries({list}, update) {
  if (!list.rows.length) return empty(list.hasMore ? words.noneYet : words.none)
  return timeline(list.rows, {update})
}

function unusualDays(usage) {
  const unusual = usage.filter((row) => row.unusual)
  return html`<ul class="plain">${unusual.map((row) => html`<li>${badge(strings.usage.unusual, 'warn')} ${words.unusualDay(row)}</li>`)}</ul>`
}
