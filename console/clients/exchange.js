// An asynchronous message of a client with its latest attempts, and what a manager can do to it.

import {path} from '../api.js'
import {strings} from '../strings.js'
import {badge, confirmed, facts, html, link, mono, nothing, section, table, time} from '../ui.js'
import {addressOf} from './address.js'
import {number} from './values.js'

const text = strings.client.callbacks
const FAILED = ['dead', 'refused']
const OPEN = ['collecting', 'delivering']
const TONES = {answered: 'good', delivered: 'good', dead: 'bad', refused: 'bad', failed: 'warn', gone: 'bad', too_large: 'warn'}

export const stateBadge = (state) => badge(text.states[state] ?? state, TONES[state])

// The buttons of a message, for managers. To deliver one again would end a pause, which is an act of its own.
export function exchangeActs({correlation_id: id, state, callback_url: url}, {usage}, {api, act}) {
  const redrive = async () => {
    if (!(await confirmed({title: text.redriveTitle, text: text.redriveText, confirm: text.redrive}))) return
    await act(() => api.post(path`/exchanges/${id}/redrive`), text.redriveDone)
  }
  const cancel = async () => {
    const question = {title: text.cancelTitle, text: text.cancelText, confirm: text.cancelConfirm, dismiss: text.keep, tone: 'bad'}
    if (!(await confirmed(question))) return
    await act(() => api.post(path`/exchanges/${id}/cancel`), text.cancelDone)
  }
  if (FAILED.includes(state) && url && usage?.paused) return html`<span class="hint">${text.resumeFirst}</span>`
  if (FAILED.includes(state)) return html`<button type="button" aria-label=${text.redriveOf(id)} @click=${redrive}>${text.redrive}</button>`
  if (OPEN.includes(state)) return html`<button type="button" aria-label=${text.cancelOf(id)} @click=${cancel}>${text.cancel}</button>`
  return nothing
}

export const exchangeSection = (one, data, context) => html`
  ${section(text.message, html`
    <p>${link(addressOf(data.client, {section: 'callbacks'}), text.allMessages)}</p>
    ${facts([
      [text.columns.id, mono(one.correlation_id)],
      [text.columns.kind, text.kinds[one.kind] ?? one.kind],
      [text.columns.state, stateBadge(one.state)],
      [text.reason, one.reason],
      [text.transaction, one.transaction_id && mono(one.transaction_id)],
      [text.columns.accepted, time(one.accepted)],
      [text.due, one.due && time(one.due)],
      [text.ended, one.ended && time(one.ended)],
      [text.redriven, one.redriven && time(one.redriven)],
      [text.address, one.callback_url ? mono(one.callback_url) : text.noAddress],
      [text.columns.progress, text.progress(number(one.delivered ?? 0), number(one.found ?? 0))],
    ])}`, data.isManager ? exchangeActs(one, data, context) : nothing)}
  ${section(text.attempts, table({
    caption: text.attempts,
    rows: one.latest_attempts ?? [],
    empty: text.noAttempts,
    columns: [
      {title: text.attemptColumns.at, cell: ({at}) => time(at)},
      {title: text.attemptColumns.page, cell: ({page}) => page, kind: 'number'},
      {title: text.attemptColumns.result, cell: ({result}) => badge(text.results[result] ?? result, TONES[result])},
      {title: text.attemptColumns.status, cell: ({http_status: status}) => status ?? strings.common.none, kind: 'number'},
      {title: text.attemptColumns.latency, cell: ({latency}) => text.milliseconds(number(latency ?? 0)), kind: 'number'},
      {title: text.attemptColumns.reason, cell: ({reason}) => reason ?? ''},
    ],
  }))}`
