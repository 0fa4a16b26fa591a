// The subscriptions of a client, and whether it is still notified.

import {path} from '../api.js'
import {strings} from '../strings.js'
import {confirmed, html, link, mono, moreButton, nothing, section, table, time} from '../ui.js'
import {addressOf} from './address.js'
import {resumeNote} from './resume.js'
import {attributeOf, number} from './values.js'

const text = strings.client.subscriptions

export async function load({api}, {client_id: id}) {
  const [list, failing] = await Promise.all([
    api.list('/subscriptions', 'subscriptions', {client_id: id}),
    api.all('/subscriptions/failing', 'subscribers', {client_id: id}),
  ])
  return {list, failing}
}

export function view(data, context) {
  const {own: {list, failing}} = data
  const used = Object.entries(list.body.limits ?? {}).map(([name, {used: count, most}]) =>
    text.limitOf(number(count), number(most), text.limitNames[name] ?? name))
  return html`
    ${failing.length ? resumeNote(data, context, failingText(failing, data.client)) : nothing}
    ${section(text.title, html`
      ${used.length ? html`<p class="hint">${text.limits}: ${used.join(', ')}</p>` : nothing}
      ${list.rows.length || !list.hasMore ? subscriptions(data, context) : nothing}
      ${moreButton(list, context.update)}`)}`
}

const failingText = (failing, client) => html`
  <h2>${text.failing}</h2>
  <ul>${failing.map((one) => html`<li>${text.causes[one.cause] ?? one.cause} ${time(one.since)}.
    ${one.callback_url ? mono(one.callback_url) : nothing}
    ${one.correlation_id ? link(addressOf(client, {section: 'callbacks', exchange: one.correlation_id}), text.failedMessage) : nothing}</li>`)}</ul>
  <p>${text.failingText}</p>`

function subscriptions({own: {list}, isManager}, {api, act}) {
  const cancel = async ({code}) => {
    if (!(await confirmed({title: text.cancelTitle, text: text.cancelText, confirm: text.cancel, tone: 'bad'}))) return
    await act(() => api.post(path`/subscriptions/${code}/cancel`), text.cancelDone)
  }
  return table({
    caption: text.caption,
    rows: list.rows,
    key: ({code}) => code,
    empty: text.none,
    columns: [
      {title: text.columns.event, cell: ({event_type: event}) => text.events[event] ?? event},
      {title: text.columns.about, cell: ({record_type: type}) => strings.clientMembers.recordTypes[type] ?? type},
      {title: text.columns.filter, cell: ({filter}) => filterText(filter)},
      {title: text.columns.frequency, cell: ({frequency}) => frequencyText(frequency?.frequency ?? 'immediate')},
      {title: text.columns.since, cell: ({since}) => time(since)},
      {title: text.columns.code, cell: ({code}) => mono(code)},
      ...(isManager ? [{
        title: text.columns.act,
        cell: (one) => html`<button type="button" aria-label=${text.cancelOf(one.code)} @click=${() => cancel(one)}>${text.cancel}</button>`,
      }] : []),
    ],
  })
}

// A cron expression is shown as it is.
const frequencyText = (frequency) => text.frequencies[frequency.trim().toLowerCase()] ?? mono(frequency)

function filterText(filter) {
  if (!filter || filter.type === 'everybody') return text.everybody
  return text.filter((filter.attributes ?? []).map(attributeOf).join(', ') || text.condition, filter.values ?? 0)
}
