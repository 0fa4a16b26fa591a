// A client before and after a change, member by member.

import {isLimit} from './members.js'

const BOOKKEEPING = new Set(['client_id', 'created', 'updated', 'version'])
const NESTED = new Set(['flags', 'callbacks'])

// [{name, before, after, mark, widens}]; `mark` is `same`, `changed`, `added` or `removed`.
export function compared(before, after, widens = []) {
  const [old, now] = [flat(before), flat(after)]
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].map((name) => ({
    name,
    before: old[name],
    after: now[name],
    mark: before ? markOf(name, old[name], now[name]) : 'added',
    widens: widens.includes(name),
  }))
}

function flat(view) {
  const members = {}
  for (const [name, value] of Object.entries(view ?? {})) {
    if (BOOKKEEPING.has(name)) continue
    if (!NESTED.has(name)) members[name] = value
    else for (const [inner, one] of Object.entries(value ?? {})) members[`${name}.${inner}`] = one
  }
  return Object.fromEntries(Object.entries(members).filter(([name, value]) => isSet(name, value)))
}

const isSet = (name, value) => value !== null && value !== '' && value?.length !== 0 && !(name === 'callbacks.auth' && value === 'none')

function markOf(name, before, after) {
  if (JSON.stringify(before) === JSON.stringify(after)) return 'same'
  if (isLimit(name) || (before !== undefined && after !== undefined)) return 'changed' // a limit that is absent is the default
  return before === undefined ? 'added' : 'removed'
}
