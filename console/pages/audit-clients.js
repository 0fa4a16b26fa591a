// What each client received on a day or in the last week, unusual volume first; the way to what one client saw.

import {href} from '../router.js'
import {strings} from '../strings.js'
import {badge, field, html, link, moreButton, nothing, page, section, select, table} from '../ui.js'
import {daysAgo} from '../officers/period.js'
import {csvButton, hint, sections, toggle} from '../officers/pieces.js'
import {AUDIT_CLIENTS, auditSections} from '../officers/sections.js'
import {WalkedList} from '../officers/walk.js'

const words = strings.usage
const KEPT_DAYS = 31
const WEEK = 'week' // in the place of a day
const WEEK_DAYS = 7
const MOST_AT_ONCE = 500 // clients
const MOST_PAGES = 50 // read at once, for clients of unusual volume
// As the API calls them.
const CSV_COLUMNS = ['date', 'client_id', 'client', 'status', 'records', 'usual', 'unusual', 'records_a_day']

export const title = words.title

export async function load(context) {
  const {api, query} = context
  const days = [...Array(KEPT_DAYS).keys()].map((ago) => daysAgo(ago))
  const date = [WEEK, ...days].includes(query.get('date')) ? query.get('date') : days[0]
  const onlyUnusual = query.get('only') === 'unusual'
  const list = listOf(api, date, onlyUnusual)
  await (onlyUnusual ? list.begin(() => context.update?.()) : list.more())
  return {days, date, onlyUnusual, list, name: '', asked: 0, found: null, problem: ''}
}

// Of a week, each client has a row for each day.
function listOf(api, date, onlyUnusual) {
  const days = date === WEEK ? {days: WEEK_DAYS} : {date}
  const most = MOST_AT_ONCE * (date === WEEK ? WEEK_DAYS : 1)
  return onlyUnusual
    ? new WalkedList(api, '/usage', 'usage', {...days, unusual: true, limit: 100}, {wanted: most, most: MOST_PAGES})
    : new WalkedList(api, '/usage', 'usage', {...days, limit: 100}, {wanted: most})
}

// One row for each client of a week: all of its records, and its unusual days.
function weeks(rows) {
  const clients = new Map()
  for (const row of rows) {
    const {records = 0, unusualDays = []} = clients.get(row.client_id) ?? {}
    const days = row.unusual ? [...unusualDays, row] : unusualDays
    clients.set(row.client_id, {...row, records: records + row.records, unusualDays: days, unusual: days.length > 0})
  }
  return [...clients.values()]
}

const address = (date, onlyUnusual) => `${AUDIT_CLIENTS}?${new URLSearchParams({date, ...(onlyUnusual && {only: 'unusual'})})}`

export function view(data, {api, navigate, update}) {
  const {list} = data
  const choose = (only) => {
    data.onlyUnusual = only // at once: the page is drawn before it is read anew
    update()
    navigate(address(data.date, only), {replace: true})
  }
  const day = (date, ago) => [date, ago === 0 ? words.today(date) : ago === 1 ? words.yesterday(date) : date]
  const isWeek = data.date === WEEK
  const clients = isWeek ? weeks(list.rows) : list.rows
  const shown = clients.filter((row) => row.unusual || !data.onlyUnusual).sort(worstFirst)
  const read = isWeek && !data.onlyUnusual ? clients.length : list.read
  return page({title, lead: words.intro}, html`
    ${sections(auditSections, AUDIT_CLIENTS)}
    ${search(data, api, update)}
    ${section(isWeek ? words.weekHeading : words.heading, html`
      <div class="filters">
        ${select({name: 'date', label: words.date, value: data.date, options: [...data.days.map(day).toSpliced(2, 0, [WEEK, words.week])], onchange: (event) => navigate(address(event.target.value, data.onlyUnusual), {replace: true})})}
        ${toggle({name: 'only-unusual', label: words.onlyUnusual, checked: data.onlyUnusual, onToggle: choose})}
      </div>
      ${hint(words.what)}
      ${usageTable(shown, {isWeek, onlyUnusual: data.onlyUnusual, hasMore: list.hasMore})}
      ${data.onlyUnusual || list.hasMore ? html`<p class="hint" role="status" aria-busy=${list.isBusy}>${words.read(read, list.hasMore)}</p>` : nothing}
      ${moreButton({rows: shown, hasMore: list.hasMore, isBusy: list.isBusy, more: () => list.more(update)}, update)}`, csvButton(list, {columns: CSV_COLUMNS, toRows: (rows) => rows, name: `records-by-client-of-${data.date}`, update}))}`)
}

// Unusual volume first, then the most records. Only what was read can be sorted.
const worstFirst = (one, other) => Number(Boolean(other.unusual)) - Number(Boolean(one.unusual)) || other.records - one.records

const usageTable = (rows, {isWeek, onlyUnusual, hasMore}) => table({
  caption: words.caption,
  columns: [
    {title: words.client, cell: (row) => link(href`/audit/clients/${row.client_id}`, row.client)},
    {title: isWeek ? words.weekRecords : words.records, kind: 'number', cell: (row) => row.records.toLocaleString()},
    ...(isWeek ? [] : [{title: words.usual, kind: 'number', cell: (row) => (row.usual === undefined ? words.unknown : Math.round(row.usual).toLocaleString())}]),
    {title: words.limit, kind: 'number', cell: (row) => (row.records_a_day ? row.records_a_day.toLocaleString() : words.noLimit)},
    {title: words.mark, cell: mark},
  ],
  rows,
  empty: onlyUnusual ? (hasMore ? words.noneUnusualYet : words.noneUnusual) : words.none,
})

const mark = (row) => [
  ...(row.unusualDays?.map((one) => html`<div>${badge(words.unusual, 'warn')} ${strings.clientAudit.unusualDay(one)}</div>`) ?? []),
  row.unusual && !row.unusualDays ? badge(timesUsual(row), 'warn') : nothing,
  row.status === 'disabled' ? badge(words.disabled) : nothing,
]

function timesUsual({records, usual}) {
  const times = usual ? Math.round((10 * records) / usual) / 10 : 0
  return times ? words.unusualTimes(times) : words.unusual
}

// The form that finds a client by the beginning of its name.
function search(data, api, update) {
  const find = async (event) => {
    event.preventDefault()
    const asked = ++data.asked // an answer that comes too late is dropped
    const read = data.name.trim() ? await begunBy(api, data.name.trim()) : {problem: words.nameMissing}
    if (asked !== data.asked || !read) return
    Object.assign(data, {problem: ''}, read)
    update()
  }
  const oninput = (event) => (data.name = event.target.value)
  return html`
    <form class="find" role="search" novalidate autocomplete="off" @submit=${find}>
      ${field({name: 'name', label: words.name, value: data.name, error: data.problem, required: true, maxlength: 200, oninput})}
      <div class="actions"><button type="submit">${words.find}</button></div>
      <div class="wide" role="status">${data.found === null ? nothing : found(data.found)}</div>
    </form>`
}

// The clients whose names begin with a text, or a problem; undefined where the page was left.
async function begunBy(api, text) {
  try {
    return {found: (await api.get('/clients', {name_begins: text, limit: 20})).clients}
  } catch (error) {
    return error.name === 'AbortError' ? undefined : {problem: error.message}
  }
}

const found = (clients) => clients.length
  ? html`<ul class="plain">${clients.map((client) => html`<li>${link(href`/audit/clients/${client.client_id}`, client.name)}</li>`)}</ul>`
  : words.notFound
