// What a client sees of an invented person and household, as a search would answer it.

import {strings} from '../strings.js'
import {html, loading, nothing, note} from '../ui.js'
import {compacted} from './choices.js'
import {attributeOf, yesNo} from './values.js'

const text = strings.client.preview
const LINE = 8 // values that are shown in one line
const PAUSE_MS = 200 // after the last change, before the API is asked

// The preview for a draft. `shown` keeps it between two views, and when the page is left; it begins as {}.
// A page that is left has ended its request, so another one asks again.
export function preview(shown, draft, {api, update}) {
  const query = {
    disclosure: compacted(draft.disclosure).join(','),
    record_types: draft.record_types.join(','),
    openspp17: draft['flags.openspp17'] ? 'true' : '',
  }
  const key = JSON.stringify(query)
  const isThere = shown.answered === key && !shown.failed
  if (shown.key !== key || (shown.api !== api && !isThere)) {
    Object.assign(shown, {key, api})
    clearTimeout(shown.timer)
    shown.timer = setTimeout(() => ask(shown, key, query, api, update), shown.answer ? PAUSE_MS : 0)
  }
  return html`
    <section class="preview" aria-busy=${shown.answered !== key}>
      <h3>${text.title}</h3>
      <p class="hint">${text.text}</p>
      ${shown.failed ? note(text.failed, 'warn') : shown.answer ? answer(shown.answer) : loading()}
    </section>`
}

async function ask(shown, key, query, api, update) {
  let result
  try {
    result = {answer: await api.get('/clients/preview', query), failed: false}
  } catch (error) {
    if (error.name === 'AbortError') return
    result = {failed: true}
  }
  if (shown.key === key && shown.api === api) Object.assign(shown, result, {answered: key})
  update()
}

function answer({records, attributes}) {
  const hidden = attributes.filter(({disclosed}) => !disclosed).map(({name}) => attributeOf(name))
  return html`
    ${records.map(({record_type: type, record}, index) => html`<details ?open=${index === 0}>
      <summary>${strings.clientMembers.recordTypes[type] ?? type}</summary>${rows(record)}</details>`)}
    ${hidden.length
      ? html`<p class="hint">${text.hidden(hidden.length)} ${hidden.join(', ')}.</p>`
      : html`<p class="hint">${text.nothingHidden}</p>`}`
}

// A record as a list. What has few values is one line; what has many can be opened.
function rows(record) {
  const shown = Object.entries(record ?? {}).filter(([name]) => !name.startsWith('@'))
  if (!shown.length) return html`<p>${text.nothing}</p>`
  return html`<dl class="tree">${shown.map(([name, value]) => html`
    <div><dt>${strings.fields[name] ?? name.replaceAll('_', ' ')}</dt><dd>${content(value)}</dd></div>`)}</dl>`
}

function content(value) {
  const found = leaves(value)
  if (found.length <= LINE) return found.join(', ') || text.emptyList
  const parts = Array.isArray(value) ? value : [value]
  return html`<details><summary>${text.values(found.length)}</summary>${parts.map(rows)}</details>`
}

function leaves(value) {
  if (typeof value === 'boolean') return [yesNo(value)]
  if (typeof value !== 'object' || value === null) return [String(value)]
  return Object.entries(value).filter(([name]) => !name.startsWith('@')).flatMap(([, part]) => leaves(part))
}
