// The callbacks of a client: where they go, whether they are paused, and its asynchronous messages.

import {ApiError, path} from '../api.js'
import {strings} from '../strings.js'
import {confirmed, empty, html, link, moreButton, nothing, section, select, table, time} from '../ui.js'
import {addressOf} from './address.js'
import {exchangeActs, exchangeSection, stateBadge} from './exchange.js'
import {resumeNote} from './resume.js'
import {partSection} from './settings.js'
import {number} from './values.js'

const text = strings.client.callbacks

export async function load({api, query}, {client_id: id}) {
  const shown = query.get('exchange')
  if (shown) {
    const exchange = await api.get(path`/exchanges/${shown}`)
    if (exchange.client_id !== id) throw new ApiError(404, '', strings.unknown.text) // it is another client's
    return {exchange}
  }
  return {list: await api.list('/exchanges', 'exchanges', {client_id: id, state: stateOf(query)})}
}

export function view(data, context) {
  const {client, local, own, usage} = data
  if (local.editing) return partSection('callbacks', data, context) // what else is here reads the page anew
  const paused = usage?.paused ? resumeNote(data, context, html`<h2>${text.paused}</h2>
    <p>${text.pausedText}</p><p>${text.pausedSince} ${time(usage.paused)}.</p>`) : nothing
  if (own.exchange) return [paused, exchangeSection(own.exchange, data, context)]
  return html`
    ${paused}
    ${partSection('callbacks', data, context, client.callbacks ? {} : {values: html`<p>${text.notSet}</p>`})}
    ${section(text.exchanges, messages(data, context), data.isManager ? redriveAll(data, context) : nothing)}`
}

// The button that has all dead messages of a client delivered again, where some are shown.
function redriveAll({client, own: {list}, usage}, {api, act}) {
  const redrive = async () => {
    const question = {title: text.redriveAllTitle, text: text.redriveText, confirm: text.redriveAll}
    if (await confirmed(question)) await act(() => redriven(api, client), text.redriveAllDone)
  }
  return !usage?.paused && list.rows.some(({state}) => state === 'dead') ? html`<button type="button" @click=${redrive}>${text.redriveAll}</button>` : nothing
}

async function redriven(api, {client_id: id}) {
  const total = {redriven: 0, failed: 0}
  let next
  do {
    const page = await api.post(path`/clients/${id}/redrive`, undefined, {query: {next}})
    total.redriven += page.redriven.length
    total.failed += page.failed.length
    next = page.next
  } while (next)
  return total
}

function messages(data, context) {
  const {client, own: {list}} = data
  const {query, navigate, update} = context
  const state = stateOf(query)
  const choose = (event) => navigate(addressOf(client, {section: 'callbacks', state: event.target.value}), {replace: true})
  return html`
    <div class="filters">${select({
      name: 'state', label: text.state, value: state, onchange: choose,
      options: [['', text.allStates], ...Object.entries(text.states)],
    })}</div>
    ${list.rows.length ? table({
      caption: text.caption,
      rows: list.rows,
      key: ({correlation_id: id}) => id,
      columns: [
        {title: text.columns.accepted, cell: (one) => link(addressOf(client, {section: 'callbacks', exchange: one.correlation_id}), time(one.accepted))},
        {title: text.columns.kind, cell: ({kind}) => text.kinds[kind] ?? kind},
        {title: text.columns.state, cell: (one) => html`${stateBadge(one.state)}
          ${one.reason ? html`<div class="hint">${one.reason}</div>` : nothing}`},
        {title: text.columns.progress, kind: 'number', cell: ({delivered = 0, found = 0}) => text.progress(number(delivered), number(found))},
        ...(data.isManager ? [{title: text.columns.act, cell: (one) => exchangeActs(one, data, context)}] : []),
      ],
    }) : list.hasMore ? nothing : empty(state ? text.noneWithState : text.none)}
    ${moreButton(list, update)}`
}

// The state that is chosen; empty for any state, and for an unknown one.
function stateOf(query) {
  const state = query.get('state') ?? ''
  return Object.hasOwn(text.states, state) ? state : ''
}
