// What needs attention, the worst first: `[{tone, text, address, action}]`.

import {href} from '../router.js'
import {strings} from '../strings.js'

const words = strings.attention

export function attention(overview, now = Date.parse(overview.at)) {
  const {exchanges, subscribers, approvals, secrets, limits, registry, health} = overview
  return [
    ...(exchanges ? undelivered(exchanges, now) : []),
    ...(subscribers?.failing ?? []).map((one) => ({tone: 'bad', text: words.notNotified(nameOf(one)), ...toClient(one, 'subscriptions')})),
    ...(overview.keys && health.parts.includes('keys') ? [{tone: 'bad', text: words.noKey, address: href`/keys`, action: words.openKeys}] : []),
    ...(overview.requests && health.parts.includes('requests') ? [{tone: 'bad', text: words.requestsFailed}] : []),
    ...(registry?.is_old ? [{tone: 'warn', text: words.registryOld(registry.as_of ? Math.floor((now - Date.parse(registry.as_of)) / 60_000) : null)}] : []),
    ...(approvals?.count ? [{tone: 'warn', text: words.approvals(approvals), address: href`/approvals`, action: words.decide}] : []),
    ...(secrets?.ending ?? []).filter((one) => one.is_last).map((one) => ({tone: 'warn', text: words.secret(nameOf(one), one), ...toClient(one)})),
    ...(limits?.clients ?? []).map((one) => ({tone: one.share >= 1 ? 'bad' : 'warn', text: words.limit(nameOf(one), one), ...toClient(one)})),
    ...Object.entries(overview.unavailable ?? {}).filter(([part]) => part !== 'requests').map(([, text]) => ({tone: 'warn', text})),
  ].sort((one, other) => Number(one.tone !== 'bad') - Number(other.tone !== 'bad'))
}

const nameOf = (one) => one.client ?? one.client_id
const toClient = (one, section = '') => ({
  address: href`/clients/${one.client_id}` + (section && `?section=${section}`),
  action: words.openClient,
})

function undelivered({open, dead, refused, paused}, now) {
  const {oldest, overdue_since: overdue} = open
  const of = (list) => (list.latest.length ? toClient(list.latest[0], 'callbacks') : {})
  return [
    ...(dead.count ? [{tone: 'bad', text: words.dead(dead), ...of(dead)}] : []),
    ...paused.clients.map((one) => ({tone: 'bad', text: words.paused(nameOf(one)), ...toClient(one, 'callbacks')})),
    ...(overdue && oldest ? [{tone: 'bad', text: words.overdue(nameOf(oldest), Math.round((now - Date.parse(overdue)) / 60_000)), ...toClient(oldest, 'callbacks')}] : []),
    ...(refused.count ? [{tone: 'warn', text: words.refused(refused), ...of(refused)}] : []),
  ]
}
