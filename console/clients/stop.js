// The acts on a client as a whole: disable, enable, revoke its tokens, delete.

import {path} from '../api.js'
import {href} from '../router.js'
import {strings} from '../strings.js'
import {confirmed, html, nothing, section, toast} from '../ui.js'
import {confirmedByTyping} from './typed.js'
import {actOrWait} from './waiting.js'

const text = strings.client.access

// The section of these acts, for managers.
export function stopSection(data, context) {
  if (!data.isManager) return nothing
  const isEnabled = data.client.status === 'enabled'
  const act = (label, name, className = '') => html`
    <button type="button" class=${className} ?disabled=${Boolean(data.local.editing)} @click=${() => ACTS[name](data, context)}>${label}</button>`
  return section(isEnabled ? text.danger : text.title, html`
    <p>${isEnabled ? text.enabled : text.disabled}</p>
    <div class="actions">
      ${isEnabled ? act(text.disable, 'disable') : act(text.enable, 'enable', 'primary')}
      ${act(text.revoke, 'revoke')}
      ${act(text.remove, 'remove', 'danger')}
    </div>`)
}

const ACTS = {
  disable: (data, context) => changeStatus('disable', data, context, [text.disableTitle, text.disableText, text.disable, 'bad', text.disabledDone]),
  enable: (data, context) => changeStatus('enable', data, context, [text.enableTitle, text.enableText, text.enable, 'plain', text.enabledDone]),
  revoke: (data, context) => changeStatus('revoke-tokens', data, context, [text.revokeTitle, text.revokeText, text.revoke, 'bad', text.revokedDone]),
  remove,
}

async function changeStatus(act, data, context, [title, explanation, label, tone, done]) {
  const {client, local} = data
  if (!(await confirmed({title: title(client.name), text: explanation, confirm: label, tone}))) return
  const where = act === 'disable' ? path`/clients/${client.client_id}/disable` : act === 'enable'
    ? path`/clients/${client.client_id}/enable` : path`/clients/${client.client_id}/revoke-tokens`
  const result = await actOrWait(context, () => context.api.send('POST', where), () => toast(done))
  if (!result?.waits) return
  local.waits = result.waits
  context.update()
  document.querySelector('main h1')?.focus()
}

// Deletion, once the name was typed.
async function remove({client}, context) {
  const isSure = await confirmedByTyping({
    title: text.removeTitle(client.name),
    text: text.removeText,
    label: text.removeTyped(client.name),
    word: client.name,
    mismatch: text.removeMismatch,
    confirm: text.remove,
  })
  if (!isSure) return
  const deleted = await context.act(async () => {
    await context.api.delete(path`/clients/${client.client_id}`)
    return true
  }, text.removedDone, {reload: false})
  if (deleted) context.navigate(href`/clients`)
}
