// Audit entries as a timeline: a heading for each day, and for each entry who, when, what for, and which fields.

import {href} from '../router.js'
import {strings} from '../strings.js'
import {badge, facts, html, link, mono, nothing} from '../ui.js'
import {byDay, fieldNames, kindOf, purposeOf, recordOf, whoOf} from './entries.js'
import {clock, dayOf} from './pieces.js'
import {AUDIT} from './sections.js'
import {remember} from './visits.js'

const words = strings.audit
const MOST_RECORDS = 20
const FEW_FIELDS = 8
const MOST_TEXT = 400 // characters
const TONES = {disclosure: 'plain', withheld: 'warn', rejected: 'warn', look: 'plain', change: 'plain'}
const IDS = ['route', 'record_type', 'disclosed', 'transaction_id', 'message_id', 'reference_id', 'correlation_id', 'operator']

// The timeline of entries. `about` are the keys of the records that it is about, which are not repeated.
export const timeline = (entries, {about = [], update}) => byDay(entries).map((day) => html`
  <section class="day">
    <h3>${dayOf(day[0].moment)} <span class="hint">${words.entries(day.length)}</span></h3>
    <ol class="timeline">${day.map((entry) => item(entry, about, update))}</ol>
  </section>`)

function item(entry, about, update) {
  const kind = kindOf(entry)
  const who = entry.client_id ? link(href`/audit/clients/${entry.client_id}`, whoOf(entry)) : whoOf(entry)
  return html`
    <li class="entry ${kind}">
      <p class="entry-head">${clock(entry.moment)} <strong>${who}</strong> ${badge(words.kinds[kind], TONES[kind])}</p>
      ${facts(lines(entry, kind, about, update))}
      ${details(entry)}
    </li>`
}

function lines(entry, kind, about, update) {
  const purpose = purposeOf(entry.purpose)
  const isClients = kind !== 'look' && kind !== 'change'
  return [
    [words.where, kind === 'look' ? (words.routes[entry.route] ?? entry.route) : undefined],
    [words.command, kind === 'change' ? words.commandDone(entry) : undefined],
    [words.outcome, words.outcomes[kind]],
    [words.purpose, isClients && !purpose ? html`<span class="hint">${words.noPurpose}</span>` : shortened(purpose)],
    [words.reason, entry.reason],
    [words.fields, kind === 'disclosure' ? fields(entry) : undefined],
    [about.length ? words.otherRecords : words.records, records(entry, about, update)],
  ]
}

// What is very long is shown by its beginning, and opened.
function shortened(text) {
  if (text.length <= MOST_TEXT) return text || undefined
  const end = text.lastIndexOf(' ', MOST_TEXT / 2) + 1 || MOST_TEXT / 2
  return html`<details><summary>${text.slice(0, end)} …</summary>… ${text.slice(end)}</details>`
}

function fields(entry) {
  if (entry.fields === undefined) return html`<span class="hint">${words.fieldsNotRecorded}</span>`
  const names = fieldNames(entry.fields)
  if (names.length < FEW_FIELDS) return names.join(', ') || words.noFields
  return html`<details><summary>${words.manyFields(names.length)}</summary>${names.join(', ')}</details>`
}

// The records that were shown, with links from one history to another.
function records(entry, about, update) {
  const keys = (entry.records ?? []).filter((key) => !about.includes(key))
  if (!keys.length) return undefined
  const shown = entry.isOpen ? keys : keys.slice(0, MOST_RECORDS)
  const open = () => {
    entry.isOpen = true
    update()
  }
  return html`<ul class="keys">${shown.map((key) => html`<li>${recordLink(key)}</li>`)}</ul>
    ${keys.length > shown.length
      ? html`<button type="button" class="quiet" @click=${open}>${words.furtherRecords(keys.length - shown.length)}</button>`
      : nothing}`
}

export const recordName = (key) => {
  const {kind, id} = recordOf(key)
  return words.recordName(kind, id)
}

// The address of what this tab remembers of a record: it has a handle in place of the id.
export function recordAddress(key, base = AUDIT) {
  const {kind, id} = recordOf(key)
  return `${base}?look=${remember({[kind]: id})}`
}

export const recordLink = (key, base = AUDIT) => link(recordAddress(key, base), recordName(key))

function details(entry) {
  const query = typeof entry.query === 'object' ? JSON.stringify(entry.query, null, 2) : (entry.query ?? '')
  const known = IDS.filter((name) => entry[name]).map((name) => [words.members[name], mono(entry[name])])
  return html`<details class="more-about"><summary>${words.details}</summary>
    ${facts(known)} ${query ? html`<p class="hint">${words.query}</p><pre tabindex="0">${query}</pre>` : nothing}
  </details>`
}
