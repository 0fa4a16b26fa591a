// A client in parts, each with its own address: settings, secrets, limits, callbacks, subscriptions, log.

import {path} from '../api.js'
import {href} from '../router.js'
import {strings} from '../strings.js'
import {badge, facts, html, link, mono, note, nothing, page, time} from '../ui.js'
import {addressOf} from '../clients/address.js'
import * as callbacks from '../clients/callbacks.js'
import * as limits from '../clients/limits.js'
import * as log from '../clients/log.js'
import * as secrets from '../clients/secrets.js'
import * as settings from '../clients/settings.js'
import * as subscriptions from '../clients/subscriptions.js'
import {labelOf} from '../clients/values.js'
import {pendingNote, waitingNote} from '../clients/waiting.js'

const text = strings.client
const SECTIONS = {settings, secrets, limits, callbacks, subscriptions, log}
const WAITING = 100 // approvals that are looked through for those of the client

export const title = ({client, name}) => client?.name ?? name ?? text.title

export async function load(context) {
  const {api, params: {client_id: id}, query} = context
  const name = Object.hasOwn(SECTIONS, query.get('section') ?? '') ? query.get('section') : 'settings'
  const client = await api.get(path`/clients/${id}`).catch(unlessMissing)
  if (!client) return deleted(context, id)
  const [own, usage, pending] = await Promise.all([
    SECTIONS[name].load(context, client),
    api.get(path`/clients/${id}/usage`).catch(unlessAborted),
    api.list('/approvals', 'approvals', {status: 'waiting', limit: WAITING}).catch(unlessAborted),
  ])
  const waiting = pending?.rows.filter((one) => one.client_id === id) ?? []
  const isManager = context.session.has('client-manager')
  return {client, name, own, usage, waiting, isManager, local: {}}
}

function unlessMissing(error) {
  if (error.status !== 404) throw error
}

function unlessAborted(error) {
  if (error.name === 'AbortError' || error.status === 401) throw error
}

// A client that was deleted has its log. Raises ApiError if there never was one.
async function deleted({api}, id) {
  const own = await log.load({api}, {client_id: id})
  return {own, name: own.list.rows.find((entry) => entry.name)?.name, deleted: own.list.rows.find(({act}) => act === 'deleted'), client_id: id}
}

export const view = (data, context) => (data.client ? present(data, context) : gone(data, context))

const back = [href`/clients`, text.back]

const gone = (data, context) => page({title: data.name ?? text.title, back}, html`
  ${note(html`<p>${text.deleted} ${data.deleted ? time(data.deleted.at) : nothing}</p>`, 'warn')}
  ${facts([[labelOf('client_id'), mono(data.client_id)]])}
  ${log.view(data, context)}`)

function present(data, context) {
  const {client, name, usage, waiting, local} = data
  const pending = waiting.filter((one) => one.approval_id !== local.waits?.approval_id)
  return page({title: client.name, back, actions: summary(client, usage, context)}, html`
    ${local.waits ? waitingNote(local.waits) : nothing}
    ${pending.length ? pendingNote(pending) : nothing}
    <nav class="sections" aria-label=${text.sectionsLabel}><ul>${Object.keys(SECTIONS).map((one) => html`
      <li><a href=${addressOf(client, {section: one === 'settings' ? '' : one})} aria-current=${one === name ? 'page' : nothing}>${text.sections[one]}</a></li>`)}</ul></nav>
    ${SECTIONS[name].view(data, context)}`)
}

const summary = ({client_id: id, status}, usage, {session}) => html`
  ${session.has('auditor', 'data-officer') ? link(href`/audit/clients/${id}`, text.seen) : nothing}
  ${badge(strings.clients.statuses[status] ?? status, status === 'enabled' ? 'good' : 'bad')}
  ${usage ? html`<span class="hint">${text.used}: ${usage.last_used ? time(usage.last_used) : strings.clients.never}</span>` : nothing}`
