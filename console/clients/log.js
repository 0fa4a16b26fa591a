// The log of a client, which outlives it.

import {path} from '../api.js'
import {href} from '../router.js'
import {strings} from '../strings.js'
import {html, link, mono, moreButton, nothing, section, table, time} from '../ui.js'
import {byWhom} from '../officers/log_entries.js'
import {changedValues} from './values.js'

const text = strings.client.log
const BOOKKEEPING = ['version', 'updated', 'created']

export const load = async ({api}, {client_id: id}) => ({list: await api.list(path`/clients/${id}/log`, 'entries')})

export const view = ({own: {list}}, {update}) => section(text.title, html`
  ${table({
    caption: text.caption,
    rows: list.rows,
    empty: text.none,
    columns: [
      {title: text.columns.at, cell: ({at}) => time(at)},
      {title: text.columns.act, cell: ({act}) => strings.log.acts[act] ?? act},
      {title: text.columns.by, cell: byWhom},
      {title: text.columns.changes, cell: whatChanged},
    ],
  })}
  ${moreButton(list, update)}`)

function whatChanged(entry) {
  const rows = changedValues(Object.fromEntries(Object.entries(entry.changes ?? {}).filter(([name]) => !BOOKKEEPING.includes(name))))
  return html`
    ${entry.secret_id ? html`<div>${text.secret} ${mono(entry.secret_id)}</div>` : nothing}
    ${entry.approval_id ? html`<div>${link(href`/approvals/${entry.approval_id}`, text.approval)}</div>` : nothing}
    ${rows.length ? html`<details ?open=${rows.length <= 3}><summary>${text.changed(rows.length)}</summary>
      <ul class="plain">${rows.map(([label, before, after]) => html`
        <li>${label}: <del>${before}</del> → <ins>${after}</ins></li>`)}</ul></details>` : nothing}`
}
