// One change that waits for a second person: before and after side by side, and what becomes of it.

import {path} from '../api.js'
import {href} from '../router.js'
import {strings} from '../strings.js'
import {badge, confirmed, facts, html, link, nothing, page, section, time, toast} from '../ui.js'
import {labelOf} from '../clients/values.js'
import {changeName, STATUS_TONES} from '../officers/approval_words.js'
import {compared} from '../officers/compare.js'
import {author} from '../officers/log_entries.js'
import {valueOf} from '../officers/members.js'
import {ownId, remaining, remark, toggle, warning} from '../officers/pieces.js'

const words = strings.approvals
const OUTCOMES = {approve: 'approved', reject: 'rejected', withdraw: 'withdrawn'}
const late = new Map() // what to say of an approval that somebody else decided, when it is read again

export const title = words.one

export async function load({api, params}) {
  const where = path`/approvals/${params.approval_id}`
  const {body: approval, etag} = await api.send('GET', where)
  const said = late.get(where) ?? ''
  late.delete(where)
  const rows = compared(approval.before, approval.after, approval.widens)
  return {where, approval, etag, rows, said, onlyDifferent: Boolean(approval.before)}
}

export function view(data, context) {
  const {approval} = data
  return page({title: changeName(approval), back: [href`/approvals`, words.title]}, html`
    ${data.said ? html`<div role="alert">${warning(data.said)}</div>` : nothing}
    ${about(approval, ownId(context.session))}
    ${section(approval.before ? words.comparison : words.settings, comparison(data, context.update))}
    ${decisions(data, context)}`)
}

function about(approval, own) {
  const {status} = approval
  const name = approval.name || approval.client_id
  const isRegistered = approval.act === 'created' ? status === 'approved' : approval.act !== 'operator_enabled'
  return facts([
    [words.status, badge(words.statuses[status], STATUS_TONES[status])],
    [words.about, isRegistered ? link(href`/clients/${approval.client_id}`, name) : name],
    [words.widens, approval.widens.map((one) => (one === 'client' ? words.newClient : labelOf(one))).join(', ')],
    [words.askedBy, html`${author(approval.asked_by, approval.asked_by_name)}${approval.asked_by === own ? ` (${words.you})` : ''}`],
    [words.asked, time(approval.asked)],
    [words.expires, status === 'waiting' ? html`${time(approval.expires)} (${remaining(approval.expires)})` : undefined],
    [words.statuses.expired, status === 'expired' ? time(approval.expires) : undefined],
    [words.decided, approval.decided ? html`${time(approval.decided)}, ${approval.decided_by_name || approval.decided_by}` : undefined],
  ])
}

function comparison(data, update) {
  const {approval} = data
  const columns = approval.before ? [words.member, words.before, words.after, words.difference] : [words.member, words.value]
  const rows = data.onlyDifferent ? data.rows.filter((row) => row.mark !== 'same') : data.rows
  const onToggle = (checked) => {
    data.onlyDifferent = checked
    update()
  }
  return html`
    ${data.rows.some((row) => row.mark === 'same')
      ? toggle({name: 'only-different', label: words.onlyDifferent, checked: data.onlyDifferent, onToggle})
      : nothing}
    <table class="compare">
      <caption>${words.settingsCaption}</caption>
      <thead><tr>${columns.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => compareRow(row, Boolean(approval.before)))}</tbody>
    </table>`
}

function compareRow({name, before, after, mark, widens}, hasBefore) {
  const isMarked = hasBefore && mark !== 'same'
  if (!hasBefore) return html`<tr><th scope="row">${labelOf(name)}</th><td data-title=${words.value}><div>${valueOf(name, after)}</div></td></tr>`
  return html`
    <tr class=${isMarked ? `differs ${mark}` : ''}>
      <th scope="row">${labelOf(name)}</th>
      <td data-title=${words.before}><div>${valueOf(name, before, isMarked ? {other: after, mark: 'del'} : undefined)}</div></td>
      <td data-title=${words.after}><div>${valueOf(name, after, isMarked ? {other: before, mark: 'ins'} : undefined)}</div></td>
      <td data-title=${words.difference}><div>${isMarked ? words.marks[mark] : nothing} ${widens ? badge(words.isWider, 'warn') : nothing}</div></td>
    </tr>`
}

function decisions(data, context) {
  const {approval} = data
  if (approval.status === 'expired') return remark(words.isExpired)
  if (approval.status !== 'waiting') return remark(words.isDecided)
  const own = ownId(context.session)
  const isOwn = approval.asked_by === own
  const isApprover = context.session.has('approver')
  const why = isOwn ? words.own : approval.client_id === own ? words.ownSubject : isApprover ? '' : words.notApprover
  const button = (name, tone) => html`<button type="button" class=${tone} @click=${() => decide(name, data, context)}>${words.decisions[name].button}</button>`
  return html`
    ${why ? remark(why) : nothing}
    <div class="actions">
      ${isApprover && !why ? button('approve', 'primary') : nothing}
      ${isApprover && !isOwn ? button('reject', 'danger') : nothing}
      ${isOwn ? button('withdraw', '') : nothing}
    </div>`
}

async function decide(name, data, {api, act, reload, session}) {
  const {question, text, button, done} = words.decisions[name]
  const tone = name === 'reject' ? 'bad' : 'plain'
  if (!(await confirmed({title: question, text: text(changeName(data.approval)), confirm: button, tone}))) return
  const outcome = await act(() => send(name, data, api, ownId(session)), '', {reload: false})
  if (!outcome) return
  if (outcome.late) late.set(data.where, outcome.late)
  else toast(done)
  await reload()
}

// Send a decision, with the ETag that was shown; returns {late} with what to say if it comes too late. A person who
// repeats theirs, because the answer did not arrive, is not too late.
async function send(name, data, api, own) {
  try {
    return await api.post(`${data.where}/${name}`, undefined, name === 'approve' ? {etag: data.etag} : {})
  } catch (error) {
    if (error.status !== 409 && error.status !== 412) throw error
    const {body, etag} = await api.send('GET', data.where)
    if (body.status === OUTCOMES[name] && body.decided_by === own) return {}
    if (body.status === 'expired') return {late: words.isExpired}
    if (body.status !== data.approval.status) {
      return {late: words.quicker(words.statuses[body.status].toLowerCase(), body.decided_by_name || body.decided_by)}
    }
    if (etag !== data.etag) return {late: words.otherChange}
    throw error
  }
}
