// A client as a form has it, and the requests that follow from it.
//
// A draft holds text, booleans and lists, each under the name of the API's member ("flags.signature"), so that an error
// of the API, which names the member, finds its field. A limit is "default", "none" or a number as text. `keys` says
// which of `jwks` and `jwks_uri` counts: "none", "jwks" or "jwks_uri".

import {CALLBACK_AUTHS, LIMITS, compacted, expanded} from './choices.js'

const FLAGS = {signature: 'optional', dialect: 'openspp2', restricted: false, asynchronous: false, openspp17: false}
const CALLBACKS = {
  default_url: '',
  auth: CALLBACK_AUTHS[0],
  token_url: '',
  client_id: '',
  scope: '',
  max_bytes: 900_000,
  notify_url: '',
  notify_spelling: '2025-12',
  notify_records: '',
}

// Return the draft of a client; without one, that of a new client.
export function draftOf(client = {}) {
  const {flags = {}, callbacks = {}} = client
  const draft = {
    name: client.name ?? '',
    sender_id: client.sender_id ?? '',
    scopes: client.scopes ?? ['registry.search'],
    record_types: client.record_types ?? [], // to be chosen: the API's default is all of them
    disclosure: expanded(client.disclosure ?? ['minimal']),
    token_lifetime: client.token_lifetime ? String(client.token_lifetime) : '',
    keys: client.jwks ? 'jwks' : client.jwks_uri ? 'jwks_uri' : 'none',
    jwks: client.jwks ? JSON.stringify(client.jwks, null, 2) : '',
    jwks_uri: client.jwks_uri ?? '',
    'callbacks.urls': (callbacks.urls ?? []).join('\n'),
    'callbacks.secret': '',
  }
  for (const [name, value] of Object.entries(FLAGS)) draft[`flags.${name}`] = flags[name] ?? value
  for (const [name, value] of Object.entries(CALLBACKS)) draft[`callbacks.${name}`] = callbacks[name] ?? value
  draft['callbacks.max_bytes'] = String(draft['callbacks.max_bytes'])
  for (const name of LIMITS) draft[name] = limitText(client[name])
  return draft
}

function limitText(limit) {
  if (limit === undefined) return 'default'
  return limit === 0 ? 'none' : String(limit)
}

// Return the wire value of each member of a draft; null resets a member. Throws SyntaxError when `jwks` is not JSON.
function wireOf(draft) {
  const {keys, ...members} = draft
  const wire = {}
  for (const [name, value] of Object.entries(members)) {
    const isUnused = (name === 'jwks' || name === 'jwks_uri') && name !== keys
    wire[name] = isUnused ? null : wireValue(name, value)
  }
  return wire
}

function wireValue(name, value) {
  if (LIMITS.includes(name)) return value === 'default' ? null : value === 'none' ? 0 : number(value)
  switch (name) {
    case 'token_lifetime':
    case 'callbacks.max_bytes':
      return value.trim() === '' ? null : number(value)
    case 'disclosure':
      return compacted(value)
    case 'callbacks.urls':
      return value.split(/\s+/).filter(Boolean)
    case 'jwks':
      return value.trim() === '' ? null : JSON.parse(value)
    case 'jwks_uri':
    case 'callbacks.notify_records':
      return value.trim() || null
    case 'callbacks.secret':
      return value || undefined
  }
  return typeof value === 'string' ? value.trim() : value
}

// What is no number goes as it is, and the API says what it expects.
function number(text) {
  const trimmed = text.replace(/[\s,_']/g, '')
  return /^[0-9]{1,15}$/.test(trimmed) ? Number(trimmed) : text
}

function nested(flat) {
  const body = {}
  for (const [name, value] of Object.entries(flat)) {
    const [member, part] = name.split('.')
    if (part) (body[member] ??= {})[part] = value
    else body[member] = value
  }
  return body
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other)
const sameSet = (one, other) => same([...one].sort(), [...other].sort())

// Return the members in which a draft differs from a client's own, as flat wire values.
export function changedMembers(client, draft) {
  const before = draftOf(client)
  const old = wireOf(before)
  const changed = {}
  for (const [name, value] of Object.entries(wireOf(draft))) {
    const isSame = Array.isArray(value) && name !== 'callbacks.urls' ? sameSet(value, old[name]) : same(value, old[name])
    if (!isSame && value !== undefined) changed[name] = value
  }
  if (draft['callbacks.auth'] !== 'oauth') for (const name of OAUTH) delete changed[name]
  if (draft['callbacks.auth'] === 'none') delete changed['callbacks.secret']
  return changed
}

const OAUTH = ['callbacks.token_url', 'callbacks.client_id', 'callbacks.scope'] // go with the credential of this kind

// Return a draft on top of a newer version of its client: what was changed in it stays.
//
// `theirs` are the members that others changed meanwhile, and `both` those of them that the draft changes too.
export function rebased(base, newer, draft) {
  const [before, after] = [draftOf(base), draftOf(newer)]
  const result = {...after}
  const [theirs, both] = [[], []]
  for (const name of Object.keys(before)) {
    const isMine = !same(draft[name], before[name])
    const isTheirs = !same(after[name], before[name])
    if (isMine) result[name] = draft[name]
    if (isTheirs) theirs.push(name)
    if (isMine && isTheirs) both.push(name)
  }
  return {draft: result, theirs, both}
}

// Return the body of PATCH for these members.
export const patchOf = (changed) => nested(changed)

// Return the body of POST /clients.
export function newClientOf(draft) {
  const changed = changedMembers({}, draft)
  for (const [name, value] of Object.entries(changed)) if (value === null) delete changed[name]
  const {name, sender_id, scopes} = wireOf(draft)
  return {...nested(changed), name, sender_id, scopes}
}

// Return what a draft is as a client, as far as it says so.
export function clientOf(draft) {
  const wire = Object.entries(wireOf(draft)).filter(([, value]) => value !== null && value !== undefined)
  return nested(Object.fromEntries(wire))
}

// Return the member that a message of the API names at its beginning, if the draft has it.
export function memberNamed(message, draft) {
  const first = /^[a-z_0-9.]+/.exec(message ?? '')?.[0] ?? ''
  const parts = first.split('.')
  for (let length = parts.length; length > 0; length--) {
    const name = parts.slice(0, length).join('.')
    if (Object.hasOwn(draft, name)) return name
  }
  return undefined
}
