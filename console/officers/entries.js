// Audit entries as people read them: who did what, of which fields, for what purpose, on which day.

import {strings} from '../strings.js'

const words = strings.audit

// As the registry expands them: audit entries name the sets, whose meaning never changes.
const MINIMAL = ['identifier', 'name', 'birth_date', 'sex']
const STANDARD = [...MINIMAL, 'birth_place', 'phone_number', 'email', 'address', 'household']
const FULL = [
  ...STANDARD,
  ...['additional_attributes', 'death_date', 'disability', 'education_level', 'employment_status', 'group_type'],
  ...['income', 'income_level', 'language_code', 'marital_status', 'occupation', 'poverty_score'],
  ...['registration_date', 'related_person', 'last_updated'],
]
export const SETS = {minimal: MINIMAL, standard: STANDARD, full: FULL}

// The names of the fields that a text such as `minimal household` discloses.
export function fieldsOf(disclosed) {
  const names = String(disclosed ?? '').split(/\s+/).filter(Boolean)
  return [...new Set(names.flatMap((name) => (Object.hasOwn(SETS, name) ? SETS[name] : [name])))]
}

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
