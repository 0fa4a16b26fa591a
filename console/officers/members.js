// The values of a client's members, as they are shown beside others.

import {valueName} from '../clients/values.js'
import {strings} from '../strings.js'
import {html, mono} from '../ui.js'

const words = strings.approvals
const LIMITS = new Set(['requests_a_minute', 'records_a_day', 'open_exchanges', 'notifications_a_minute'])

export const isLimit = (name) => LIMITS.has(name)

// The value of a member. `against`, {other, mark}, marks what the other side lacks: the whole, or parts of a list.
export function valueOf(name, value, against) {
  if (value === undefined) return html`<span class="hint">${LIMITS.has(name) ? words.deploymentDefault : strings.common.none}</span>`
  if (LIMITS.has(name) && value === 0) return marked(words.unlimited, against)
  if (name === 'jwks') return list(value.keys ?? [], against?.other?.keys, against, key)
  if (Array.isArray(value)) return list(value, against?.other, against, (one) => text(name, one))
  return marked(text(name, value), against)
}

function text(name, value) {
  if (typeof value === 'boolean') return value ? strings.common.yes : strings.common.no
  if (value === null || value === '') return strings.common.none
  return typeof value === 'object' ? mono(JSON.stringify(value)) : valueName(name, value)
}

function marked(content, against) {
  if (!against) return content
  return against.mark === 'ins' ? html`<ins>${content}</ins>` : html`<del>${content}</del>`
}

function list(values, others, against, shown) {
  if (!values.length) return html`<span class="hint">${strings.common.none}</span>`
  const known = new Set((others ?? []).map((one) => JSON.stringify(one)))
  return html`<ul class="plain">${values.map((one) => html`<li>${marked(shown(one), known.has(JSON.stringify(one)) ? undefined : against)}</li>`)}</ul>`
}

const key = (one) => html`${mono(one.kid ?? '')} ${[one.kty, one.crv, one.alg].filter(Boolean).join(' ')}
  <details><summary>${words.wholeKey}</summary><pre tabindex="0">${JSON.stringify(one, null, 2)}</pre></details>`
