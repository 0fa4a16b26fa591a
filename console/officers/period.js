// The period of a question, in the address: two dates say nothing about anybody. Days are those of UTC, as in the API.

import {strings} from '../strings.js'
import {field} from '../ui.js'

const DATE = /^\d{4}-\d\d-\d\d$/
const DAY_MS = 86_400_000

// `{since, until}` of an address, each only if it is a date.
export function periodOf(query, fallback = {}) {
  const given = ['since', 'until'].map((name) => [name, query.get(name) ?? '']).filter(([, day]) => DATE.test(day))
  return given.length ? Object.fromEntries(given) : {...fallback}
}

// Whether a period is chosen.
export const isPeriod = ({since, until}) => Boolean(since || until)

// The day that is so many days before today.
export const daysAgo = (days, now = Date.now()) => new Date(now - days * DAY_MS).toISOString().slice(0, 10)

// The day before another one.
export const dayBefore = (day) => daysAgo(1, Date.parse(day))

// Two fields that change a period.
export const periodFields = (period, hint = '') =>
  ['since', 'until'].map((name) => field({
    name, type: 'date', label: strings.audit[name], hint: hint || undefined, value: period[name] ?? '',
    oninput: (event) => {
      if (event.target.value) period[name] = event.target.value
      else delete period[name]
    },
  }))
