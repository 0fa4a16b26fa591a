// A statement for a citizen, to be printed: when, which organisation, which fields, and for what purpose.

import {strings} from '../strings.js'
import {empty, facts, field, html, link, moreButton, nothing, page, table, time} from '../ui.js'
import {lacksUntil} from '../officers/completeness.js'
import {fieldName, fieldNames} from '../officers/entries.js'
import {isPeriod, periodOf} from '../officers/period.js'
import {remark, sections, toggle, warning} from '../officers/pieces.js'
import {AUDIT, auditSections} from '../officers/sections.js'
import {belongsTo, keptReason, recall} from '../officers/visits.js'
import {WalkedList} from '../officers/walk.js'

const words = strings.statement
const MOST_AT_ONCE = 2000

export const title = words.title

export async function load({api, query, session}) {
  belongsTo(session)
  const handle = query.get('look') ?? ''
  const subject = recall(handle)
  const data = {handle, subject, period: periodOf(query), hasPurposes: true, addressee: '', made: new Date().toISOString()}
  if (!subject) return data
  const question = {...subject, ...data.period, reason: keptReason(), limit: 100}
  data.list = await new WalkedList(api, '/audit/statement', 'disclosures', question, {wanted: MOST_AT_ONCE}).more()
  return data
}

export function view(data, {update}) {
  const back = [data.subject ? `${AUDIT}?${new URLSearchParams({look: data.handle, ...data.period})}` : AUDIT, strings.audit.title]
  if (!data.subject) return page({title, back}, html`${sections(auditSections, AUDIT)} ${remark(strings.audit.ended)} <p>${link(AUDIT, words.find)}</p>`)
  return page({title, back, lead: words.intro, actions: html`<button type="button" class="primary" @click=${() => print()}>${words.print}</button>`}, html`
    <div class="no-print">${choices(data, update)} ${data.list.hasMore ? [warning(partial(data)), moreButton(data.list, update)] : nothing}</div>
    ${paper(data)}`)
}

const partial = (data) => words.partial(data.list.rows.length)

function choices(data, update) {
  const address = (event) => {
    data.addressee = event.target.value
    update()
  }
  const purposes = (checked) => {
    data.hasPurposes = checked
    update()
  }
  return html`
    ${field({name: 'addressee', label: words.addressee, hint: words.addresseeHint, value: data.addressee, maxlength: 200, oninput: address})}
    ${toggle({name: 'purposes', label: words.withPurposes, checked: data.hasPurposes, onToggle: purposes})}`
}

function paper(data) {
  const {rows, hasMore, body} = data.list
  const lacks = lacksUntil(body, data.period)
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return html`
    <article class="statement" aria-labelledby="statement-heading">
      <p class="issuer"><strong>${words.issuer}</strong> <span>${location.host}</span></p>
      <h2 id="statement-heading">${words.heading}</h2>
      ${facts([
        [words.for, data.addressee || undefined],
        [words.about, about(data.subject, body)],
        [words.period, isPeriod(data.period) ? words.fromTo(data.period) : words.wholeTime],
        [words.made, time(data.made)],
        [words.number, rows.length.toLocaleString()],
      ])}
      <p>${words.explanation}</p>
      ${lacks === '' ? nothing : html`<p><strong>${words.lacks(lacks)}</strong></p>`}
      ${hasMore ? html`<p><strong>${partial(data)}</strong></p>` : nothing}
      ${rows.length ? disclosures(rows, data.hasPurposes) : empty(isPeriod(data.period) ? words.noneInPeriod : words.none)}
      <p class="hint">${words.purposeNote} ${words.zone(zone)}</p>
      <div class="signature">${words.signature.map((one) => html`<span>${one}</span>`)}</div>
    </article>`
}

function about(subject, {identifier_type: type}) {
  if (type) return `${fieldName(type)} ${subject.identifier_value}`
  if (subject.phone) return words.ofPhone(subject.phone)
  return subject.person ? strings.audit.recordName('person', subject.person) : strings.audit.recordName('group', subject.group)
}

const disclosures = (rows, hasPurposes) => table({
  caption: words.caption,
  columns: [
    {title: words.when, cell: (one) => time(one.when)},
    {title: words.organisation, cell: (one) => one.organisation},
    {title: words.fields, kind: 'wide', cell: (one) => fieldNames(one.fields).join(', ')},
    ...(hasPurposes ? [{title: words.purpose, kind: 'wide', cell: (one) => one.purpose || words.noPurpose}] : []),
  ],
  rows,
})
