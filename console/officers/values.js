// The values of a record's fields, however they are nested.

import {strings} from '../strings.js'
import {facts, html, nothing, time} from '../ui.js'
import {fieldName} from './entries.js'
import {recordLink} from './timeline.js'
import {href} from '../router.js'

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const RECORDS = href`/records`

export function fieldValue(name, value) {
  if (value === undefined || value === null) return strings.common.none
  if (typeof value === 'boolean') return value ? strings.common.yes : strings.common.no
  if (name === 'person_id') return recordLink(`PERSON#${value}`, RECORDS)
  if (Array.isArray(value)) return list(value)
  if (typeof value === 'object') return nested(value)
  return MOMENT.test(value) ? time(value) : String(value)
}

const list = (values) => values.length
  ? html`<ul class="plain">${values.map((one) => html`<li>${pair(one) ?? fieldValue('', one)}</li>`)}</ul>`
  : nothing

// What is a type with its value reads as one line.
function pair(one) {
  if (one === null || typeof one !== 'object') return undefined
  const {identifier_type: type, identifier_value: value, key, value: other, ...rest} = one
  if (Object.keys(rest).length) return undefined
  if (type !== undefined) return html`<span class="hint">${type}</span> ${value}`
  return key === undefined ? undefined : html`<span class="hint">${key}</span> ${other}`
}

const nested = (value) => facts(Object.entries(value).map(([name, one]) => [fieldName(name), fieldValue(name, one)]))
