// The view of a record, for a data officer who gives a reason; links lead from row to row.

import {path} from '../api.js'
import {href} from '../router.js'
import {strings} from '../strings.js'
import {badge, empty, facts, html, link, mono, nothing, page, section, table} from '../ui.js'
import {fieldName} from '../officers/entries.js'
import {findForm, findState} from '../officers/find.js'
import {hint, remark, warning} from '../officers/pieces.js'
import {AUDIT} from '../officers/sections.js'
import {recordAddress, recordLink} from '../officers/timeline.js'
import {belongsTo, keptReason, recall, remember} from '../officers/visits.js'
import {fieldValue} from '../officers/values.js'

const words = strings.records
const RECORDS = href`/records`
const ROLES = ['roles', 'start', 'end']

export const title = words.title

export async function load({api, query, session}) {
  belongsTo(session)
  const handle = query.get('look')
  const subject = handle ? recall(handle) : undefined
  const data = {form: findState(subject), problem: '', isEnded: Boolean(handle) && !subject, keys: []}
  if (!subject || !keptReason()) return {...data, needsReason: Boolean(subject)}
  try {
    return {...data, ...(await seen(api, subject))}
  } catch (error) {
    if (error.status !== 404 && error.status !== 400) throw error
    return {...data, problem: error.message}
  }
}

// The record of a subject, or the keys of several that share a phone number.
async function seen(api, subject) {
  const keys = await keysOf(api, subject)
  if (keys.length !== 1) return {keys}
  const [kind, ...id] = keys[0].split('#')
  const record = await api.get(path`/records/${kind.toLowerCase()}/${id.join('#')}`, {reason: keptReason()})
  return {key: keys[0], record}
}

// An identifier or a phone number is looked up by the audit, which records this look too.
async function keysOf(api, subject) {
  if (subject.person) return [`PERSON#${subject.person}`]
  if (subject.group) return [`GROUP#${subject.group}`]
  const {subjects} = await api.get('/audit', {...subject, limit: 1, reason: keptReason()})
  return subjects.map((one) => one.record)
}

export function view(data, {navigate, update}) {
  const find = findForm(data.form, {
    button: words.show,
    update,
    needsReason: true,
    onFind: (subject) => navigate(`${RECORDS}?look=${remember(subject)}`),
  })
  return page({title}, html`
    ${data.isEnded ? remark(strings.audit.ended) : nothing}
    ${data.needsReason ? remark(words.reasonFirst) : nothing}
    ${data.problem ? warning(data.problem) : nothing}
    ${data.keys.length > 1 ? choice(data.keys) : nothing}
    ${data.record
      ? [recordOfPage(data), html`<details class="no-print"><summary>${words.findAnother}</summary>${find}</details>`]
      : [html`<p class="lead">${words.intro}</p>`, find]}`)
}

const choice = (keys) => section(words.several(keys.length),
  html`<ul class="plain">${keys.map((key) => html`<li>${recordLink(key, RECORDS)}</li>`)}</ul>`)

function recordOfPage({key, record}) {
  const isPerson = record.kind === 'person'
  const {restricted, ...fields} = record.record
  return html`
    <p class="hint">${words.looksAs(keptReason())}</p>
    ${restricted ? warning(words.restricted) : nothing}
    ${section(html`${strings.audit.recordName(record.kind, '')} ${mono(record.id)}`,
      facts(Object.entries(fields).filter(([name]) => name !== 'id').map(([name, value]) => [fieldName(name), fieldValue(name, value)])),
      link(recordAddress(key, AUDIT), words.whoSaw))}
    ${section(isPerson ? words.households : words.members, memberships(record, isPerson))}
    ${isPerson ? nothing : hint(words.membersNote)}`
}

const memberships = ({memberships: rows}, isPerson) => rows.length
  ? table({
      caption: isPerson ? words.households : words.members,
      columns: [
        {title: isPerson ? words.household : words.member, cell: (one) => recordLink(isPerson ? `GROUP#${one.group_id}` : `PERSON#${one.person_id}`, RECORDS)},
        {title: words.roles, cell: (one) => (one.roles ?? []).join(', ') || strings.common.none},
        {title: words.start, cell: (one) => one.start ?? strings.common.none},
        {title: words.end, cell: (one) => one.end ?? badge(words.current, 'good')},
        ...further(rows),
      ],
      rows,
    })
  : empty(isPerson ? words.noHouseholds : words.noMembers)

// Columns of what a membership may have beside these.
const further = (rows) => [...new Set(rows.flatMap(Object.keys))]
  .filter((name) => !['group_id', 'person_id', ...ROLES].includes(name))
  .map((name) => ({title: fieldName(name), cell: (one) => fieldValue(name, one[name])}))
