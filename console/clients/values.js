// What a client's members are, in words.

import {strings} from '../strings.js'
import {html, mono, nothing, time} from '../ui.js'
import {LIMITS, expanded, setOf} from './choices.js'

const text = strings.clientMembers
const PART = /^(handovers|exchanges|subscriptions|secrets)\.([^.]+)\.?(.*)$/
// The words for the values of a member; scopes and record types are shown with their own names, too.
const WORDS = {
  scopes: text.scopes,
  record_types: text.recordTypes,
  disclosure: {...strings.fields, ...text.attributes, ...text.setNames},
  status: strings.clients.statuses,
  'flags.signature': text.signature,
  'flags.dialect': text.dialect,
  'callbacks.auth': text.auth,
  'callbacks.notify_spelling': text.spelling,
  'callbacks.notify_records': text.records,
  ...Object.fromEntries(['exchanges', 'subscriptions', 'callbacks', 'notifications'].map((name) => [name, strings.log.states])),
}
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const NUMBERS = [...LIMITS, 'token_lifetime', 'callbacks.max_bytes'] // which a draft has as text
const NAMED = ['scopes', 'record_types']

// The members of a part of a client as [label, content], for facts().
export const factsOf = (part, client) => FACTS[part](client).map(([name, value]) => [labelOf(name), value])

// What people call a member of a client, and an attribute of a record.
export function labelOf(name) {
  const [, kind, id, part] = PART.exec(name) ?? []
  if (kind) return text.parts[kind](id, part.replaceAll('_', ' '))
  return text.labels[name] ?? strings.members[name] ?? name
}
export const attributeOf = (name) => text.attributes[name] ?? strings.fields[name] ?? name

// What people call a value of a member, such as a scope.
export function valueName(name, value) {
  if (typeof value === 'number') return number(value)
  if (MOMENT.test(value)) return time(value)
  const word = WORDS[PART.exec(name)?.[1] ?? name]?.[value] ?? value
  return NAMED.includes(name) && word !== value ? `${word} (${value})` : word
}

export const yesNo = (value) => (value ? text.yes : text.no)
export const number = (value) => Number(value).toLocaleString()

// A client's own limit.
export function limitOf(name, value) {
  if (value === undefined) return name === 'notifications_a_minute' ? text.limit.none : text.limit.default
  return value === 0 ? text.limit.none : number(value)
}

export function disclosureOf(names) {
  const attributes = expanded(names)
  if (!attributes.length) return text.nothingDisclosed
  const set = setOf(attributes)
  const listed = attributes.map(attributeOf).join(', ')
  return set ? html`${text.setNames[set]}: ${listed}` : listed
}

const listed = (values, texts) => values.length
  ? html`<ul class="plain">${values.map((one) => html`<li>${texts[one] ?? one} ${mono(one)}</li>`)}</ul>`
  : text.unset
const orNone = (value) => (value ? mono(value) : text.unset)

const FACTS = {
  identity: (client) => [
    ['name', client.name || text.unset],
    ['sender_id', orNone(client.sender_id)],
    ['client_id', client.client_id && mono(client.client_id)],
    ['created', client.created && time(client.created)],
    ['updated', client.updated && time(client.updated)],
    ['tokens_not_before', client.tokens_not_before && time(client.tokens_not_before)],
  ],
  access: ({scopes, record_types: types, flags, token_lifetime: seconds}) => [
    ['scopes', listed(scopes, text.scopes)],
    ['record_types', listed(types, text.recordTypes)],
    ['flags.asynchronous', yesNo(flags.asynchronous)],
    ['flags.restricted', yesNo(flags.restricted)],
    ['flags.openspp17', yesNo(flags.openspp17)],
    ['token_lifetime', seconds ? number(seconds) : text.limit.default],
  ],
  disclosure: (client) => [['disclosure', disclosureOf(client.disclosure)]],
  limits: (client) => LIMITS.map((name) => [name, limitOf(name, client[name])]),
  keys: ({jwks, jwks_uri: uri, flags}) => [
    ['keys', jwks ? html`<ul class="plain">${jwks.keys.map((key) => html`<li>${key.kid ? mono(key.kid) : nothing} ${key.alg ?? key.crv ?? key.kty}</li>`)}</ul>` : uri ? mono(uri) : text.unset],
    ['flags.signature', text.signature[flags.signature] ?? flags.signature],
    ['flags.dialect', text.dialect[flags.dialect] ?? flags.dialect],
  ],
  callbacks: ({callbacks: {urls = [], ...members} = {}}) => [
    ['callbacks.urls', urls.length ? html`<ul class="plain">${urls.map((url) => html`<li>${mono(url)}</li>`)}</ul>` : text.unset],
    ['callbacks.default_url', orNone(members.default_url)],
    ['callbacks.notify_url', orNone(members.notify_url)],
    ['callbacks.auth', text.auth[members.auth ?? 'none'] ?? members.auth],
    ['callbacks.token_url', members.token_url ? mono(members.token_url) : undefined],
    ['callbacks.client_id', members.client_id ? mono(members.client_id) : undefined],
    ['callbacks.scope', members.scope ? mono(members.scope) : undefined],
    ['callbacks.secret_version', members.secret_version ? mono(members.secret_version) : undefined],
    ['callbacks.notify_spelling', text.spelling[members.notify_spelling] ?? members.notify_spelling],
    ['callbacks.notify_records', text.records[members.notify_records ?? '']],
    ['callbacks.max_bytes', members.max_bytes && number(members.max_bytes)],
  ],
}

// A member of a draft in words, for the message of a conflict.
export function draftWord(name, value) {
  if (name === 'disclosure') return value.map(attributeOf).join(', ') || text.nothingDisclosed
  if (LIMITS.includes(name) && Object.hasOwn(text.limit, value)) return text.limit[value]
  return wordOf(name, NUMBERS.includes(name) && /^\d+$/.test(value) ? Number(value) : value)
}

function wordOf(name, value) {
  if (value === undefined || value === null || value === '') return text.unset
  if (typeof value === 'boolean') return yesNo(value)
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return value.map((one) => valueName(name, one)).join(', ') || text.unset
  return typeof value === 'object' ? JSON.stringify(value) : valueName(name, value)
}
