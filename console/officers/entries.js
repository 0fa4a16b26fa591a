// Audit entries as people read them: who did what, of which fields, for what purpose, on which day.

import {strings} from '../strings.js'

const words = strings.audit

export const fieldName = (name) => (Object.hasOwn(strings.fields, name) ? strings.fields[name] : name)

// Fields as people call them, in the order of these names.
export const fieldNames = (names) => names.map(fieldName).sort((one, other) => one.localeCompare(other))

// What a client stated as its purpose, as one line of text.
export function purposeOf(purpose) {
  if (purpose === undefined || purpose === null || purpose === '') return ''
  if (typeof purpose !== 'object') return String(purpose)
  const stated = Object.values(purpose).map((one) =>
    one && typeof one === 'object' ? String(one.text || one.code || one.ref_uri || '') : String(one ?? ''))
  return [...new Set(stated.filter(Boolean))].join('; ')
}

// What kind of entry it is: `disclosure`, `withheld`, `rejected`, `look` or `change`.
export function kindOf(entry) {
  if (entry.did === 'withheld' || entry.did === 'rejected') return entry.did
  if (entry.client_id) return 'disclosure'
  return entry.did === 'saw' ? 'look' : 'change'
}

export const whoOf = (entry) => entry.client || entry.client_id || entry.operator_name || entry.operator || words.unknownWho

// `{kind, id}` of a key such as `PERSON#p1`.
export function recordOf(key) {
  const [kind, ...id] = String(key).split('#')
  return {kind: kind.toLowerCase(), id: id.join('#')}
}

// The entries by day in the viewer's zone, in the order in which they came.
export function byDay(entries) {
  const days = new Map()
  for (const entry of entries) {
    const day = new Date(entry.moment).toDateString()
    if (!days.has(day)) days.set(day, [])
    days.get(day).push(entry)
  }
  return [...days.values()]
}

// The columns of a file of entries: as the API calls them, but for the purpose in words.
export const ENTRY_COLUMNS = [
  ...['moment', 'client_id', 'client', 'operator', 'operator_name', 'did', 'record_type', 'count', 'records'],
  ...['disclosed', 'purpose_text', 'route', 'reason', 'transaction_id', 'message_id', 'correlation_id'],
  ...['reference_id', 'purpose', 'query'],
]
export const entryRows = (entries) => entries.map((entry) => ({...entry, purpose_text: purposeOf(entry.purpose)}))
