// Who saw a person or a household: found by an identifier, a phone number or an id; a timeline of all that concerns them.

import {href} from '../router.js'
import {strings} from '../strings.js'
import {badge, empty, group, html, link, moreButton, nothing, page, section, table, time} from '../ui.js'
import {completeness} from '../officers/completeness.js'
import {ENTRY_COLUMNS, entryRows, kindOf, whoOf} from '../officers/entries.js'
import {findForm, findState} from '../officers/find.js'
import {isPeriod, periodFields, periodOf} from '../officers/period.js'
import {csvButton, remark, sections, toggle, warning} from '../officers/pieces.js'
import {AUDIT, auditSections} from '../officers/sections.js'
import {recordAddress, recordLink, timeline} from '../officers/timeline.js'
import {belongsTo, keptReason, recall, remember} from '../officers/visits.js'
import {WalkedList} from '../officers/walk.js'

const words = strings.audit
const KINDS = ['disclosure', 'look', 'change']

export const title = words.title

export async function load({api, query, session}) {
  belongsTo(session)
  const handle = query.get('look')
  const subject = handle ? recall(handle) : undefined
  const data = {handle, subject, form: findState(subject), period: periodOf(query), kinds: new Set(KINDS), problem: ''}
  if (!subject) return {...data, isEnded: Boolean(handle)}
  try {
    data.list = await new WalkedList(api, '/audit', 'entries', {...subject, ...data.period, reason: keptReason()}, {wanted: 50}).more()
  } catch (error) {
    if (error.status !== 404 && error.status !== 400) throw error
    data.problem = error.message // nobody has this identifier, or it is not one
  }
  return data
}

export function view(data, context) {
  const {navigate, update} = context
  const find = findForm(data.form, {
    button: words.show,
    update,
    more: periodFields(data.period, words.wholeHistory),
    onFind: (subject) => navigate(`${AUDIT}?${new URLSearchParams({look: remember(subject), ...data.period})}`),
  })
  return page({title}, html`
    ${sections(auditSections, AUDIT)}
    ${data.isEnded ? remark(words.ended) : nothing}
    ${data.problem ? warning(data.problem) : nothing}
    ${data.list
      ? [history(data, context), html`<details class="no-print"><summary>${words.findAnother}</summary>${find}</details>`]
      : [html`<p class="lead">${words.intro}</p>`, find]}`)
}

function history(data, context) {
  const {list} = data
  const {subjects} = list.body
  const keys = subjects.map((subject) => subject.record)
  return section(words.heading, html`
    <ul class="subjects">${subjects.map((one) => html`<li>${recordLink(one.record)}
      ${one.exists ? badge(words.exists, 'good') : badge(words.gone, 'warn')}</li>`)}</ul>
    ${keys.length > 1 ? remark(words.shared(keys.length)) : nothing}
    ${completeness(list.body, data.period)}
    ${list.rows.length ? entries(data, keys, context) : empty(isPeriod(data.period) ? words.nothingInPeriod : words.nothingRecorded)}
    ${moreButton(list, context.update)}`, actions(data, keys, context))
}

function actions(data, keys, {session, update}) {
  const statement = `${href`/audit/statement`}?${new URLSearchParams({look: data.handle, ...data.period})}`
  const canView = keys.length === 1 && session.has('data-officer')
  return html`
    <a class="button primary" href=${statement}>${words.statement}</a>
    ${canView ? html`<a class="button" href=${recordAddress(keys[0], href`/records`)}>${words.viewRecord}</a>` : nothing}
    ${csvButton(data.list, {columns: ENTRY_COLUMNS, toRows: entryRows, name: 'who-saw-whom', update})}`
}

const shownKind = (entry) => (KINDS.includes(kindOf(entry)) ? kindOf(entry) : 'disclosure')

function entries(data, keys, {update}) {
  const {rows} = data.list
  const count = (kind) => rows.filter((entry) => shownKind(entry) === kind).length
  const choose = (kind) => (checked) => {
    data.kinds[checked ? 'add' : 'delete'](kind)
    update()
  }
  const choice = KINDS.map((kind) => toggle({
    name: `kind-${kind}`, label: words.kindsPlural(kind, count(kind)), checked: data.kinds.has(kind), onToggle: choose(kind),
  }))
  const shown = rows.filter((entry) => data.kinds.has(shownKind(entry)))
  return html`
    ${organisations(data)}
    <div class="choices no-print">${group(words.showKinds, choice)}</div>
    ${shown.length ? timeline(shown, {about: keys, update}) : empty(words.allHidden)}`
}

// Who saw the record how often, and when last, in what is shown.
function organisations({list: {rows, hasMore}, period}) {
  const seen = new Map()
  for (const entry of rows.filter((one) => kindOf(one) === 'disclosure')) {
    const known = seen.get(entry.client_id) ?? {name: whoOf(entry), id: entry.client_id, count: 0, last: entry.moment}
    seen.set(entry.client_id, {...known, count: known.count + 1})
  }
  if (!seen.size) return remark(hasMore ? words.noDisclosureYet : isPeriod(period) ? words.noDisclosureInPeriod : words.noDisclosure)
  return table({
    caption: hasMore ? words.summaryPartial : words.summary,
    columns: [
      {title: words.organisation, cell: (one) => link(href`/audit/clients/${one.id}`, one.name)},
      {title: words.times, kind: 'number', cell: (one) => one.count.toLocaleString()},
      {title: words.last, cell: (one) => time(one.last)},
    ],
    rows: [...seen.values()],
  })
}
