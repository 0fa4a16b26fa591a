// All clients: found by the beginning of their names as it is typed, by a whole id, and by status; also the deleted ones.

import {path} from '../api.js'
import {href} from '../router.js'
import {strings} from '../strings.js'
import {badge, empty, field, html, link, mono, moreButton, nothing, page, problem, select, table, time} from '../ui.js'
import {author} from '../officers/log_entries.js'

const text = strings.clients
const PAUSE_MS = 250 // after the last key, before the API is asked
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
export const title = text.title
let timer // of a search that waits for the next key

export async function load({api, query}) {
  clearTimeout(timer)
  const status = query.get('status') ?? ''
  const wanted = {name: query.get('name') ?? '', status: Object.hasOwn(text.statuses, status) ? status : ''}
  return {wanted, shown: {...wanted}, list: await listed(api, wanted), asked: 0, isBusy: false, problem: null}
}

async function listed(api, {name, status}) {
  if (status === 'deleted') return api.list('/clients/deleted', 'clients')
  const id = name.trim().toLowerCase()
  if (ID.test(id)) return {rows: await withId(api, id, status), hasMore: false}
  return api.list('/clients', 'clients', {name_begins: name.trim(), status})
}

// The client with an id, or none.
async function withId(api, id, status) {
  try {
    const [client, {last_used}] = await Promise.all([api.get(path`/clients/${id}`), api.get(path`/clients/${id}/usage`)])
    return status && status !== client.status ? [] : [{...client, last_used}]
  } catch (error) {
    if (error.status !== 404) throw error
    return []
  }
}

export const view = (data, context) => page({
  title,
  lead: text.intro,
  actions: context.session.has('client-manager') ? html`<a class="button primary" href=${href`/clients/new`}>${text.newClient}</a>` : nothing,
}, html`
  ${filters(data, context)}
  <p class="visually-hidden" role="status">${data.isBusy || data.problem ? '' : found(data)}</p>
  ${data.problem ? problem(data.problem, () => ask(data, context)) : nothing}
  <div class="progress ${data.isBusy ? 'busy' : ''}" aria-hidden="true"></div>
  <div aria-busy=${data.isBusy}>
    ${data.list.rows.length ? (data.shown.status === 'deleted' ? deleted : present)(data.list.rows) : none(data, context)}
    ${moreButton(data.list, context.update)}
  </div>`)

function filters(data, context) {
  const {wanted} = data
  const isDeleted = wanted.status === 'deleted'
  const typed = (event) => {
    wanted.name = event.target.value
    context.update()
    clearTimeout(timer)
    timer = setTimeout(() => ask(data, context), PAUSE_MS)
  }
  const chosen = (event) => {
    wanted.status = event.target.value
    ask(data, context)
  }
  const submit = (event) => {
    event.preventDefault()
    ask(data, context)
  }
  return html`<form class="filters" role="search" @submit=${submit}>
    ${isDeleted ? nothing : field({name: 'search', label: text.search, type: 'search', required: false, value: wanted.name, maxlength: 200, oninput: typed})}
    ${select({name: 'status', label: text.status, value: wanted.status, onchange: chosen, options: Object.entries(text.statuses)})}
  </form>`
}

// Read the list anew, and keep what it shows in the address. An answer that comes too late is dropped. What is asked for
// may be left before it is there.
async function ask(data, context) {
  clearTimeout(timer)
  if (location.pathname !== href`/clients`) return // the page was left meanwhile
  const asked = ++data.asked
  const query = Object.entries(data.wanted).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value)
  history.replaceState(null, '', href`/clients` + (query.length ? `?${new URLSearchParams(query)}` : ''))
  data.isBusy = true
  context.update()
  const shown = {...data.wanted}
  const read = await listed(context.api, shown).then((list) => ({list, shown, problem: null}), (error) => ({problem: error}))
  if (asked !== data.asked) return
  Object.assign(data, {isBusy: false, ...read})
  context.update()
}

const found = ({list}) => (list.rows.length ? text.found(list.rows.length, list.hasMore) : text.noneFound)

const present = (rows) => table({
  caption: text.caption,
  rows,
  key: ({client_id: id}) => id,
  columns: [
    {title: text.columns.name, cell: (client) => link(href`/clients/${client.client_id}`, client.name)},
    {title: text.columns.status, cell: ({status, flags}) => html`
      ${badge(text.statuses[status] ?? status, status === 'enabled' ? 'good' : 'bad')}
      ${flags?.restricted ? badge(text.restricted, 'warn') : nothing}`},
    {title: text.columns.sender, cell: (client) => mono(client.sender_id)},
    {title: text.columns.used, cell: ({last_used: used}) => (used ? time(used) : text.never)},
    {title: text.columns.updated, cell: ({updated}) => time(updated)},
  ],
})

const deleted = (rows) => table({
  caption: text.deletedCaption,
  rows,
  key: ({client_id: id}) => id,
  columns: [
    {title: text.columns.name, cell: (one) => link(href`/clients/${one.client_id}`, one.name ?? one.client_id)},
    {title: text.columns.deleted, cell: (one) => time(one.deleted)},
    {title: text.columns.by, cell: (one) => author(one.by, one.by_name)},
  ],
})

function none({list, shown: wanted}, context) {
  if (list.hasMore) return nothing
  if (wanted.status === 'deleted') return empty(text.noneDeleted)
  if (!wanted.name && !wanted.status) return empty(text.none)
  const clear = () => context.navigate(href`/clients`)
  return empty(wanted.name ? text.noneFound : text.noneWithStatus, nothing, html`<p><button type="button" @click=${clear}>${text.clear}</button></p>`)
}
