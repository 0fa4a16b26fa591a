// The changes that wait for a second person, or waited.

import {href} from '../router.js'
import {strings} from '../strings.js'
import {badge, html, link, moreButton, nothing, page, select, table, time} from '../ui.js'
import {changeName, STATUS_TONES} from '../officers/approval_words.js'
import {author} from '../officers/log_entries.js'
import {hint, ownId, remaining, remark} from '../officers/pieces.js'
import {WalkedList} from '../officers/walk.js'

const words = strings.approvals
const STATUSES = ['waiting', 'approved', 'rejected', 'withdrawn', 'expired', 'all']

export const title = words.title

export async function load({api, query}) {
  const status = STATUSES.includes(query.get('status')) ? query.get('status') : 'waiting'
  const filter = status === 'all' ? {} : {status}
  return {status, list: await new WalkedList(api, '/approvals', 'approvals', filter).more()}
}

export function view(data, {session, navigate, update}) {
  const {list, status} = data
  const choose = (event) => navigate(`${href`/approvals`}?status=${event.target.value}`, {replace: true})
  const options = STATUSES.map((one) => [one, words.statuses[one]])
  return page({title, lead: words.intro}, html`
    <div class="filters">${select({name: 'status', label: words.status, value: status, options, onchange: choose})}</div>
    ${list.body.mode === 'off' ? remark(words.off) : nothing}
    ${approvals(list, status, ownId(session))}
    ${list.hasMore ? hint(words.partial) : nothing}
    ${moreButton(list, update)}`)
}

const approvals = ({rows, hasMore}, status, own) => table({
  caption: words.caption,
  columns: [
    {title: words.change, kind: 'wide', cell: (one) => link(href`/approvals/${one.approval_id}`, changeName(one))},
    {title: words.asked, cell: (one) => time(one.asked)},
    {title: words.askedBy, cell: (one) => asker(one, own)},
    {title: words.ends, cell: (one) => (one.status === 'waiting' ? remaining(one.expires) : time(one.decided ?? one.expires))},
    {title: words.status, cell: (one) => badge(words.statuses[one.status], STATUS_TONES[one.status])},
  ],
  rows,
  key: (one) => one.approval_id,
  empty: hasMore ? words.noneYet : words.none[status],
})

const asker = (one, own) =>
  html`${author(one.asked_by, one.asked_by_name)}${one.asked_by === own ? html` <span class="hint">(${words.you})</span>` : nothing}`
