// What an officer has looked up, and why, in the memory of this tab alone.
//
// Addresses, history, titles and storage carry a random handle in place of a record's id, an identifier or a phone
// number. A reader of the browser's history therefore does not learn whose record was looked at. When the page is
// loaded anew, the handles of before lead nowhere.

const MOST = 5000
const subjects = new Map() // by their handle
const handles = new Map() // by the text of their subject
let reason = ''
let operator = ''
let identifierType = ''
let owner = ''

// Keep a subject (`{person}`, `{group}`, `{identifier_type, identifier_value}` or `{phone}`), and return its handle.
export function remember(subject) {
  identifierType = subject.identifier_type ?? identifierType
  const text = JSON.stringify(subject)
  if (handles.has(text)) return handles.get(text)
  const handle = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  subjects.set(handle, Object.freeze({...subject}))
  handles.set(text, handle)
  if (subjects.size > MOST) {
    const [oldest, forgotten] = subjects.entries().next().value
    subjects.delete(oldest)
    handles.delete(JSON.stringify(forgotten))
  }
  return handle
}

// Return the subject of a handle, or undefined.
export const recall = (handle) => subjects.get(handle)

// The reason that the officer gave last; it is kept for the visit.
export const keptReason = () => reason

// The type of the identifier that was looked for last.
export const keptType = () => identifierType

export function keepReason(text) {
  reason = text.trim()
}

// Whose acts and looks were searched for last: a part of a name, for which no address is the place either.
export const keptOperator = () => operator

export function keepOperator(text) {
  operator = text.trim()
}

// Forget everything when another person has signed in.
export function belongsTo({config, subject}) {
  const person = `${config.issuer}#${subject}`
  if (owner && owner !== person) {
    subjects.clear()
    handles.clear()
    reason = operator = identifierType = ''
  }
  owner = person
}
