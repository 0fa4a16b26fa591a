// Entries of the administration log: what was done to what, by whom, and who approved it.

import {labelOf} from '../clients/values.js'
import {href} from '../router.js'
import {strings} from '../strings.js'
import {html, link, mono, nothing, table, time} from '../ui.js'
import {compared} from './compare.js'
import {isLimit, valueOf} from './members.js'

const words = strings.log
const FEW = 3
const CLIENT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export const LOG_COLUMNS = [
  ...['at', 'kind', 'id', 'name', 'act', 'by', 'by_name', 'approved_by', 'approved_by_name', 'approval_id'],
  ...['version', 'secret_id', 'changes'],
]
export const logRows = (entries) => entries

// Entries as a table; `isOfOne`: all are about one client, on its own page.
export const logEntries = (entries, {isOfOne = false} = {}) => table({
  caption: isOfOne ? words.captionOfOne : words.caption,
  columns: [
    {title: words.when, cell: (entry) => time(entry.at)},
    {title: words.what, cell: what},
    ...(isOfOne ? [] : [{title: words.about, cell: about}]),
    {title: words.by, cell: byWhom},
    {title: words.changes, kind: 'wide', cell: (entry) => changes(entry, isOfOne)},
  ],
  rows: entries,
  empty: words.none,
})

const actName = (act) => (Object.hasOwn(words.acts, act) ? words.acts[act] : act)

const what = (entry) => html`${actName(entry.act)}${entry.approval_id
  ? html`<br>${link(href`/approvals/${entry.approval_id}`, words.approval)}`
  : nothing}`

function about(entry) {
  if (entry.kind === 'client') return link(href`/clients/${entry.id}`, entry.name || entry.id)
  if (entry.kind === 'exchange') return words.message(entry.id)
  return entry.kind === 'keys' ? link(href`/keys`, words.keys(entry.id)) : entry.name || entry.id
}

// Who did what an entry says, and who approved it.
export function byWhom(entry) {
  const approver = entry.approved_by_name || entry.approved_by
  return html`${author(entry.by, entry.by_name)}${approver ? html`<br>${words.approvedBy(approver)}` : nothing}`
}

// Who did something: a person, a client, or what else the log has there.
export function author(by, name) {
  if (by === 'operator') return words.byOperator
  if (by === 'handover') return words.byHandover
  if (CLIENT_ID.test(by)) return link(href`/clients/${by}`, name || words.byClient)
  return html`<bdi title=${by}>${name || by}</bdi>`
}

function changes(entry, isOfOne) {
  const sides = (side) => Object.fromEntries(Object.entries(entry.changes ?? {}).map(([name, change]) => [name, change[side]]))
  const rows = compared(sides('before'), sides('after')).filter((row) => row.mark !== 'same')
  const secret = entry.secret_id ? html`<div>${words.secret} ${mono(entry.secret_id)}</div>` : nothing
  if (!rows.length) return secret
  return html`${secret}<details ?open=${isOfOne && rows.length <= FEW}><summary>${rows.length > FEW ? words.settings(rows.length) : rows.map((row) => labelOf(row.name)).join(', ')}</summary>
    <ul class="plain">${rows.map(({name, before, after}) => html`<li><strong>${labelOf(name)}</strong>
      ${side(name, before, after, 'del')} ${side(name, after, before, 'ins')}</li>`)}</ul>
  </details>`
}

// One side of a change; of a list only what the other side lacks.
function side(name, value, other, mark) {
  if (value === undefined && !isLimit(name)) return nothing // a limit that is absent is the default
  const known = new Set(Array.isArray(other) ? other.map((one) => JSON.stringify(one)) : [])
  const own = Array.isArray(value) ? value.filter((one) => !known.has(JSON.stringify(one))) : value
  return own?.length === 0 ? nothing : valueOf(name, own, {other, mark})
}
