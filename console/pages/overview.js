// What needs attention first, and how the deployment is: requests, messages that wait, what ends soon, limits.

import {href} from '../router.js'
import {strings} from '../strings.js'
import {badge, empty, html, link, nothing, page, section, table, time} from '../ui.js'
import {changeName} from '../officers/approval_words.js'
import {attention} from '../officers/attention.js'
import {figure} from '../officers/figure.js'
import {author} from '../officers/log_entries.js'
import {hint, remaining} from '../officers/pieces.js'

const words = strings.overview
const MOST_SERIES = 4
const TONES = {ok: 'good', attention: 'warn', failing: 'bad'}

export const title = words.title

export async function load({api}) {
  const overview = await api.get('/overview')
  return {overview, requests: overview.requests ? await requestsFigure(overview.requests) : nothing}
}

const requestsFigure = ({times, outcomes}) => figure({
  title: words.requestsFigure,
  times: times.map((moment) => Date.parse(moment) / 1000),
  labels: times.map((moment) => time(moment)),
  series: mostFrequent(outcomes).map(({outcome, counts}) => ({label: outcomeName(outcome), values: counts})),
  isTime: true,
})

const outcomeName = (outcome) => words.outcomeNames[outcome] ?? outcome

// The most frequent outcomes, and all others together.
function mostFrequent(outcomes) {
  const sorted = [...outcomes].sort((one, other) => other.total - one.total)
  const others = sorted.splice(MOST_SERIES)
  if (!others.length) return sorted
  const counts = others[0].counts.map((_, step) => others.reduce((sum, one) => sum + one.counts[step], 0))
  return [...sorted, {outcome: words.others, counts}]
}

export function view({overview, requests}, {reload}) {
  const {health} = overview
  const lead = html`${badge(words.health[health.status] ?? health.status, TONES[health.status])} ${words.at} ${time(overview.at)}`
  const again = html`<button type="button" class="quiet" @click=${() => reload()}>${words.reload}</button>`
  return page({title, lead, actions: again}, html`
    ${needs(overview)}
    ${section(words.requests, overview.requests ? requestsOf(overview.requests, requests) : unavailable(overview, 'requests'))}
    <div class="columns">
      ${card(words.approvals, part(overview, 'approvals', approvals), href`/approvals`, words.allApprovals)}
      ${card(words.messages, part(overview, 'exchanges', messages))}
      ${card(words.limits, part(overview, 'limits', limits))}
      ${card(words.secrets, part(overview, 'secrets', secrets))}
      ${card(words.keys, part(overview, 'keys', keys), href`/keys`, words.allKeys)}
      ${overview.registry || overview.unavailable?.registry ? card(words.registry, part(overview, 'registry', registry)) : nothing}
    </div>`)
}

function needs(overview) {
  const items = attention(overview)
  return section(words.attention, items.length
    ? html`<ul class="attention">${items.map(({tone, text, address, action}) => html`<li class=${tone}>
        <span>${text}</span> ${address ? link(address, action) : nothing}</li>`)}</ul>`
    : empty(words.nothingUrgent))
}

const card = (heading, content, address, text) => html`
  <section class="card"><h2>${heading}</h2>${content}${address ? html`<p>${link(address, text)}</p>` : nothing}</section>`

const unavailable = ({unavailable: reasons = {}}, name) => hint(reasons[name] ?? words.unavailable)
const part = (overview, name, shown) => (overview[name] ? shown(overview[name]) : unavailable(overview, name))
const counted = ({count, more}) => `${count.toLocaleString()}${more ? '+' : ''}`
const clientLink = (one) => link(href`/clients/${one.client_id}`, one.client ?? one.client_id)

function requestsOf({since, until, outcomes}, shown) {
  const rows = [...outcomes].sort((one, other) => other.total - one.total)
  if (!rows.length) return empty(words.noRequests)
  return html`${shown} ${table({
    caption: words.outcomes,
    columns: [
      {title: words.outcome, cell: (one) => outcomeName(one.outcome)},
      {title: words.number, kind: 'number', cell: (one) => one.total.toLocaleString()},
    ],
    rows,
  })}
  <p class="hint">${words.from} ${time(since)} ${words.until} ${time(until)}</p>`
}

const approvals = ({waiting, ...count}) => waiting.length
  ? html`<p>${words.waitingCount(counted(count), count.count)}</p>
    <ul class="plain">${waiting.map((one) => html`<li>${link(href`/approvals/${one.approval_id}`, changeName(one))}
      <span class="hint">${author(one.asked_by, one.asked_by_name)}, ${remaining(one.expires)}</span></li>`)}</ul>`
  : hint(words.noApprovals)

const messages = ({open, dead, refused, paused}) => html`
  <dl class="facts counts">
    <div><dt>${words.open}</dt><dd>${counted(open)}</dd></div>
    <div><dt>${words.oldest}</dt><dd>${open.oldest
      ? html`${time(open.oldest.accepted)}, ${clientLink(open.oldest)}`
      : strings.common.none}</dd></div>
    <div><dt>${words.dead}</dt><dd>${counted(dead)}</dd></div>
    <div><dt>${words.refused}</dt><dd>${counted(refused)}</dd></div>
    <div><dt>${words.paused}</dt><dd>${counted(paused)}</dd></div>
  </dl>`

const limits = ({clients}) => clients.length
  ? html`<ul class="plain">${clients.map((one) => html`<li>${clientLink(one)}
      <span class="hint">${words.share(one)}</span></li>`)}</ul>`
  : hint(words.noLimits)

const secrets = ({ending}) => ending.length
  ? html`<ul class="plain">${ending.map((one) => html`<li>${clientLink(one)}: ${words.ends} ${time(one.expires)} (${remaining(one.expires)})
      ${one.last_used ? html`<span class="hint">${words.lastUsed} ${time(one.last_used)}</span>` : nothing}</li>`)}</ul>`
  : hint(words.noSecrets)

const registry = ({follows, as_of: asOf, last_pass: lastPass, outcome, reason, records_apart: apart, is_following: isFollowing, is_old: isOld}) => html`
  <dl class="facts">
    ${follows ? html`<div><dt>${words.follows}</dt><dd>${follows}</dd></div>` : nothing}
    <div><dt>${asOf && !isFollowing ? words.loadedOnce : words.asOf}</dt><dd>${asOf ? time(asOf) : words.neverRead} ${isOld ? badge(words.old, 'warn') : nothing}</dd></div>
    ${lastPass ? html`<div><dt>${words.lastPass}</dt><dd>${time(lastPass)}</dd></div>` : nothing}
    <div><dt>${words.outcome}</dt><dd>${words.outcomesOfPass[outcome] ?? outcome}</dd></div>
    ${apart ? html`<div><dt>${words.apart}</dt><dd>${apart.toLocaleString()}</dd></div>` : nothing}
  </dl>
  ${hint(reason)}`

const keys = (rows) => html`<ul class="plain">${rows.map((key) => html`<li>${words.key(key)}
  ${key.until ? html`<span class="hint">${words.publishedUntil} ${time(key.until)}</span>` : nothing}</li>`)}</ul>`
