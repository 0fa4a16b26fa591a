// What a client sees of an invented person and household, as a search would answer it.

import {strings} from '../strings.js'
import {html, loading, nothing, note} from '../ui.js'
import {compacted} from './choices.js'

const text = strings.client.preview
const {attributes: names} = strings.members
const PAUSE_MS = 200 // after the last change, before the API is asked

// The preview for a draft. `shown` keeps it between two views; it begins as {}.
export function preview(shown, draft, {api, update}) {
  const query = {
    disclosure: compacted(draft.disclosure).join(','),
    record_types: draft.record_types.join(','),
    openspp17: draft['flags.openspp17'] ? 'true' : '',
  }
  const key = JSON.stringify(query)
  if (shown.key !== key) {
    shown.key = key
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
  try {
    const answered = await api.get('/clients/preview', query)
    if (shown.key === key) Object.assign(shown, {answer: answered, answered: key, failed: false})
  } catch (error) {
    if (error.name === 'AbortError') return
    if (shown.key === key) Object.assign(shown, {failed: true, answered: key})
  }
  update()
}

function answer({records, attributes}) {
  const hidden = attributes.filter(({disclosed}) => !disclosed).map(({name}) => names[name] ?? name)
  return html`
    ${records.map(({record_type: type, record}) => html`
      <h4>${strings.members.recordTypes[type] ?? type}</h4>
      ${Object.keys(record ?? {}).length ? tree(record) : html`<p>${text.nothing}</p>`}`)}
    ${hidden.length
      ? html`<details><summary>${text.hidden(hidden.length)}</summary><p>${hidden.join(', ')}</p></details>`
      : html`<p class="hint">${text.nothingHidden}</p>`}`
}

// JSON as nested lists.
function tree(value) {
  if (Array.isArray(value)) return value.length ? html`<ul>${value.map((one) => html`<li>${tree(one)}</li>`)}</ul>` : text.emptyList
  if (typeof value !== 'object' || value === null) return String(value)
  return html`<dl class="tree">${Object.entries(value).map(([name, one]) => html`
    <div><dt>${name.replaceAll('_', ' ')}</dt><dd>${tree(one)}</dd></div>`)}</dl>`
}
