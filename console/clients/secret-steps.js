// Two procedures in steps: replacing a secret without an interruption, and what to do when one has leaked.
//
// Where a procedure stands follows from the secrets that there are, so it can be left and continued another day.

import {path} from '../api.js'
import {href} from '../router.js'
import {strings} from '../strings.js'
import {check, confirmed, group, html, link, mono, nothing, section, select, time} from '../ui.js'
import {showOnce} from './once.js'

const text = strings.client
const WEEK = '604800'

export function replaceSteps(procedure, data, context, end) {
  const {secrets, handovers} = data.own
  procedure.isFirst ??= secrets.length === 0
  const isMade = secrets.length > (procedure.isFirst ? 0 : 1)
  const isLinked = !isMade && handovers.rows.length > 0
  const [old, fresh] = [...secrets].sort((one, other) => one.created.localeCompare(other.created))
  if (procedure.isFirst) return firstSteps({procedure, data, context, end, isMade, isLinked})
  const used = ({last_used: moment}) => (moment ? time(moment) : text.secrets.never)
  const remove = async () => {
    if (!(await confirmed({title: text.secrets.removeTitle, text: text.secrets.removeText, confirm: text.secrets.remove, tone: 'bad'}))) return
    await context.act(async () => {
      await context.api.delete(path`/clients/${data.client.client_id}/secrets/${old.secret_id}`)
      end()
    }, text.secrets.removeDone)
  }
  const again = html`<button type="button" @click=${context.reload}>${text.replace.reload}</button>`
  const steps = [
    [isMade || isLinked, makeForm(procedure, data, context, true)],
    [false, isLinked ? html`<p>${text.replace.waitUse}</p>${again}` : isMade
      ? html`<p>${text.replace.watch}</p>
        <ul><li>${text.replace.oldOne} ${mono(old.secret_id)}: ${used(old)}</li><li>${text.replace.newOne} ${mono(fresh.secret_id)}: ${used(fresh)}</li></ul>${again}`
      : nothing],
    [false, isMade ? html`<p>${text.replace.delete}</p><button type="button" @click=${remove}>${text.replace.deleteOld}</button>` : nothing],
  ]
  return panel(text.replace.title, nothing, text.replace.steps, steps, end)
}

// A client without a secret has nothing to delete afterwards.
function firstSteps({procedure, data, context, end, isMade, isLinked}) {
  const [secret] = data.own.secrets
  const again = html`<button type="button" @click=${context.reload}>${text.replace.reload}</button>`
  const wait = isMade ? html`${text.replace.firstUse} ${secret.last_used ? time(secret.last_used) : text.secrets.never}` : text.replace.waitUse
  return panel(text.replace.first, nothing, text.replace.steps.slice(0, 2), [
    [isMade || isLinked, makeForm(procedure, data, context, false)],
    [isMade && Boolean(secret.last_used), isMade || isLinked ? html`<p>${wait}</p>${again}` : nothing],
  ], end)
}

export function leakSteps(procedure, data, context, end) {
  const {client, own: {secrets, handovers}} = data
  const isEnded = procedure.isEnded || (!secrets.length && !handovers.rows.length)
  const isGiven = isEnded && secrets.length + handovers.rows.length > 0
  const endAll = async () => {
    if (!(await confirmed({title: text.leak.confirmTitle, text: text.leak.confirmText, confirm: text.leak.firstDo, tone: 'bad'}))) return
    await context.act(async () => {
      await endSecrets(context, client.client_id)
      procedure.isEnded = true
    }, text.leak.firstDone)
  }
  const revoke = () => context.act(async () => {
    await context.api.post(path`/clients/${client.client_id}/revoke-tokens`)
    procedure.isRevoked = true
  }, text.leak.secondDone)
  const steps = [
    [isEnded, isEnded ? nothing : html`<p>${text.leak.first}</p><button type="button" class="danger" @click=${endAll}>${text.leak.firstDo}</button>`],
    [procedure.isRevoked, isEnded && !procedure.isRevoked
      ? html`<p>${text.leak.second}</p><button type="button" class="danger" @click=${revoke}>${text.leak.secondDo}</button>` : nothing],
    [isGiven, isEnded && procedure.isRevoked
      ? html`${client.jwks ? html`<p>${text.leak.keys}</p>` : nothing}${makeForm(procedure, data, context, false)}` : nothing],
    [false, isEnded && procedure.isRevoked ? html`<p>${text.leak.fourth}</p><ul>
      ${context.session.has('auditor', 'data-officer') ? html`<li>${link(href`/audit/clients/${client.client_id}`, text.leak.audit)}</li>` : html`<li>${text.leak.askAuditor}</li>`}
      <li>${link(`${href`/clients/${client.client_id}`}?section=log`, text.leak.log)}</li></ul>` : nothing],
  ]
  return panel(text.leak.title, html`<p>${text.leak.intro}</p>`, text.leak.steps, steps, end)
}

// End all secrets that there are now, which may be others than those that are shown. The links end first: whoever opens
// one makes a secret.
async function endSecrets({api}, id) {
  const links = await api.all(path`/clients/${id}/handovers`, 'handovers')
  for (const {handover_id: one} of links) await api.delete(path`/clients/${id}/handovers/${one}`).catch(unlessGone)
  const {secrets} = await api.get(path`/clients/${id}/secrets`)
  for (const {secret_id: one} of secrets) await api.delete(path`/clients/${id}/secrets/${one}`).catch(unlessGone)
}

function unlessGone(error) {
  if (error.status !== 404) throw error
}

const panel = (title, intro, names, steps, end) => html`
  <div class="card steps" tabindex="-1">${section(title, html`${intro}
    <ol>${names.map((name, index) => {
      const [isDone, content] = steps[index]
      return html`<li class=${isDone ? 'done' : content === nothing ? 'later' : 'now'} aria-current=${!isDone && content !== nothing ? 'step' : nothing}>
        <h3>${name}${isDone ? html` <span class="badge good">${text.leak.done}</span>` : nothing}</h3>${isDone ? nothing : content}</li>`
    })}</ol>`, html`<button type="button" class="quiet" @click=${end}>${strings.common.close}</button>`)}</div>`

// How the new secret comes to the partner, and how long the old one stays.
function makeForm(procedure, data, context, hasOld) {
  procedure.how ??= 'link'
  procedure.overlap ??= WEEK
  const submit = (event) => {
    event.preventDefault()
    const made = {old_expires_in: hasOld ? Number(procedure.overlap) : 0}
    return procedure.how === 'link' ? handOver(data.client, context, made) : makeSecret(data.client, context, made)
  }
  const choose = (name) => (event) => {
    procedure[name] = event.target.value
    context.update()
  }
  return html`<form @submit=${submit}>
    ${hasOld ? select({
      name: 'overlap', label: text.replace.overlap, value: procedure.overlap, onchange: choose('overlap'),
      options: text.replace.overlaps,
    }) : nothing}
    ${group(text.replace.how, ['link', 'show'].map((how) => check({
      name: 'how', type: 'radio', value: how, label: text.replace[how], checked: procedure.how === how, onchange: choose('how'),
    })))}
    <div class="actions"><button class="primary">${procedure.how === 'link' ? text.handover.make : text.replace.make}</button></div>
  </form>`
}

// Make a handover, and show its link and its code.
export async function handOver(client, context, {old_expires_in: seconds}) {
  const made = await context.act(() => context.api.post(path`/clients/${client.client_id}/handovers`, {old_expires_in: seconds}), '', {reload: false})
  if (!made) return false
  await showOnce({
    title: text.handover.title,
    explanation: html`${text.handover.intro} ${text.handover.onceText} ${text.handover.expires} ${time(made.expires)}.`,
    rows: [[text.handover.link, made.link, text.handover.copyLink], [text.handover.code, made.code, text.handover.copyCode]],
    done: text.handover.done,
  })
  await context.reload()
  return true
}

// Add a secret, and show it.
async function makeSecret(client, context, {old_expires_in: seconds}) {
  const made = await context.act(() => context.api.post(path`/clients/${client.client_id}/secrets`, {old_expires_in: seconds}), '', {reload: false})
  if (!made) return
  await showSecret(client.client_id, made.client_secret)
  await context.reload()
}

// Show a new secret of a client.
export const showSecret = (clientId, secret) => showOnce({
  title: text.once.title,
  explanation: text.once.text,
  rows: [[text.once.clientId, clientId, text.once.copyId], [text.once.secret, secret, text.once.copy]],
  done: text.once.done,
})
