// The secrets of a client: their list, the links that hand one over, and two procedures in steps.

import {path} from '../api.js'
import {strings} from '../strings.js'
import {badge, confirmed, empty, html, mono, moreButton, nothing, note, section, table, time} from '../ui.js'
import {leakSteps, replaceSteps} from './secret-steps.js'

const text = strings.client.secrets
const open = strings.client.handover
const MOST = 2
let procedure = null // {name, client_id, ...}: the one that is under way, also while the page is read again

export async function load({api}, {client_id: id}) {
  const [{secrets}, handovers] = await Promise.all([
    api.get(path`/clients/${id}/secrets`), api.list(path`/clients/${id}/handovers`, 'handovers'),
  ])
  return {secrets, handovers}
}

export function view(data, context) {
  const {client, own: {secrets, handovers}, isManager, usage} = data
  if (procedure?.client_id !== client.client_id) procedure = null
  const start = (name) => () => {
    procedure = procedure?.name === name ? null : {name, client_id: client.client_id}
    context.update()
    document.querySelector('.steps')?.focus()
  }
  const button = (name, label) => html`
    <button type="button" aria-expanded=${procedure?.name === name ? 'true' : 'false'} @click=${start(name)}>${label}</button>`
  const assertions = usage?.credentials?.find(({id}) => id === 'private_key_jwt')
  return html`
    ${section(text.title, html`
      <p class="hint">${text.intro}</p>
      ${secrets.length ? list(data, context) : empty(text.none, text.noneText)}
      ${assertions ? html`<p>${text.assertions} ${time(assertions.last_used)}</p>` : nothing}`,
      isManager ? [button('replace', secrets.length ? text.replace : text.first), button('leak', text.leak)] : nothing)}
    ${isManager && procedure ? steps(data, context) : nothing}
    ${section(open.open, html`
      ${handovers.rows.length ? links(data, context) : html`<p class="hint">${open.none}</p>`}
      ${handovers.rows.length ? moreButton(handovers, context.update) : nothing}`)}`
}

function steps(data, context) {
  const end = () => {
    procedure = null
    context.update()
    document.querySelector('main [aria-expanded]')?.focus() // what was focused is gone
  }
  return (procedure.name === 'leak' ? leakSteps : replaceSteps)(procedure, data, context, end)
}

function list({client, own: {secrets}, isManager}, context) {
  const remove = async ({secret_id: id}) => {
    if (!(await confirmed({title: text.removeTitle, text: text.removeText, confirm: text.remove, tone: 'bad'}))) return
    await context.act(() => context.api.delete(path`/clients/${client.client_id}/secrets/${id}`), text.removeDone)
  }
  return html`
    ${secrets.length >= MOST ? note(text.full) : nothing}
    ${table({
      caption: text.caption,
      rows: secrets,
      key: ({secret_id: id}) => id,
      columns: [
        {title: text.columns.id, cell: ({secret_id: id}) => mono(id)},
        {title: text.columns.created, cell: ({created}) => time(created)},
        {title: text.columns.used, cell: ({last_used: used}) => (used ? time(used) : text.never)},
        {title: text.columns.expires, cell: ({expires}) => (expires ? html`${time(expires)} ${badge(text.ends, 'warn')}` : text.noExpiry)},
        ...(isManager ? [{
          title: text.columns.act,
          cell: (secret) => html`<button type="button" aria-label=${text.removeOf(secret.secret_id)} @click=${() => remove(secret)}>${text.remove}</button>`,
        }] : []),
      ],
    })}`
}

function links({client, own: {handovers}, isManager}, context) {
  const withdraw = async ({handover_id: id}) => {
    if (!(await confirmed({title: open.withdrawTitle, text: open.withdrawText, confirm: open.withdraw}))) return
    await context.act(() => context.api.delete(path`/clients/${client.client_id}/handovers/${id}`), open.withdrawn)
  }
  return table({
    caption: open.open,
    rows: handovers.rows,
    key: ({handover_id: id}) => id,
    columns: [
      {title: open.columns.made, cell: ({created}) => time(created)},
      {title: open.columns.by, cell: (one) => one.made_by_name ?? mono(one.made_by)},
      {title: open.columns.expires, cell: ({expires}) => time(expires)},
      {title: open.columns.tries, cell: ({tries_left: left}) => left, kind: 'number'},
      ...(isManager ? [{
        title: open.columns.act,
        cell: (one) => html`<button type="button" aria-label=${open.withdrawOf(one.created)} @click=${() => withdraw(one)}>${open.withdraw}</button>`,
      }] : []),
    ],
  })
}
