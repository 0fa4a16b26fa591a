// The limits of a client, and what it used today.

import {strings} from '../strings.js'
import {badge, html, nothing, note, table} from '../ui.js'
import {LIMITS} from './choices.js'
import {partSection} from './settings.js'
import {labelOf, limitOf, number} from './values.js'

const text = strings.client.limits
const NEAR = 0.8

export const load = () => ({})

export const view = (data, context) => partSection('limits', data, context, {values: html`
  ${data.usage ? nothing : note(text.usageFailed, 'warn')}
  ${table({
    caption: text.caption,
    rows: LIMITS,
    key: (name) => name,
    columns: [
      {title: text.columns.limit, cell: labelOf},
      {title: text.columns.value, cell: (name) => most(name, data)},
      {title: text.columns.today, cell: (name) => used(name, data.usage)},
    ],
  })}
  <p class="hint">${text.day}</p>`})

// The limit that applies: the client's own, or the deployment's default with its value.
function most(name, {client, usage}) {
  if (client[name] !== undefined || name === 'notifications_a_minute') return limitOf(name, client[name])
  const value = applied(name, usage)
  if (value === undefined) return text.defaultUnknown
  return text.byDefault(value === 0 ? text.none : number(value))
}

function applied(name, usage) {
  return name === 'open_exchanges' ? usage?.open_exchanges?.most : usage?.[name]
}

function used(name, usage) {
  const counted = {records_a_day: usage?.records, open_exchanges: usage?.open_exchanges?.used}[name]
  if (counted === undefined) return html`<span class="hint">${text.notCounted}</span>`
  const limit = applied(name, usage)
  if (!limit) return number(counted)
  const share = counted / limit
  const words = text.used(number(counted), number(limit))
  return html`${words} ${share >= 1 ? badge(text.reached, 'bad') : share >= NEAR ? badge(text.near, 'warn') : nothing}
    <meter min="0" max=${limit} high=${limit * NEAR} .value=${Math.min(counted, limit)} aria-label="${labelOf(name)}: ${words}"></meter>`
}
