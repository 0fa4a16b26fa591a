// What a client's members can be. A test compares these lists with those of the API.

export const SCOPES = ['registry.search', 'registry.subscribe', 'registry.status', 'clients.manage', 'clients.read']
export const PARTNER_SCOPES = SCOPES.slice(0, 3)
export const RECORD_TYPES = ['SRPerson', 'Member', 'Group']
export const SIGNATURES = ['optional', 'required', 'unsigned', 'ignore']
export const DIALECTS = ['openspp2', 'openg2p', 'opencrvs']
export const CALLBACK_AUTHS = ['none', 'bearer', 'oauth']
export const NOTIFY_SPELLINGS = ['2025-12', '2026-02']
export const NOTIFY_RECORDS = ['object', 'list']
export const LIMITS = ['requests_a_minute', 'records_a_day', 'open_exchanges', 'notifications_a_minute']

const MINIMAL = ['identifier', 'name', 'birth_date', 'sex']
const STANDARD = [...MINIMAL, 'birth_place', 'phone_number', 'email', 'address', 'household']
const FULL = [
  ...STANDARD,
  'group_type',
  'poverty_score',
  'registration_date',
  'last_updated',
  'additional_attributes',
  'death_date',
  'disability',
  'education_level',
  'employment_status',
  'income',
  'income_level',
  'language_code',
  'marital_status',
  'occupation',
  'related_person',
]
export const SETS = {minimal: MINIMAL, standard: STANDARD, full: FULL}
export const ATTRIBUTES = FULL

// Return the attributes that a disclosure list names, its sets expanded.
export function expanded(disclosure) {
  const named = new Set(disclosure.flatMap((name) => SETS[name] ?? [name]))
  return ATTRIBUTES.filter((name) => named.has(name))
}

// Return the shortest disclosure list for these attributes: the largest set within them, and the others.
export function compacted(attributes) {
  const wanted = new Set(attributes)
  const largest = Object.keys(SETS).filter((set) => SETS[set].every((name) => wanted.has(name))).at(-1)
  const covered = new Set(largest ? SETS[largest] : [])
  return [...(largest ? [largest] : []), ...ATTRIBUTES.filter((name) => wanted.has(name) && !covered.has(name))]
}

// Return the name of the set with exactly these attributes, if there is one.
export function setOf(attributes) {
  const names = compacted(attributes)
  return names.length === 1 && names[0] in SETS ? names[0] : undefined
}
