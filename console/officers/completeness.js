// What may be missing of a history, said in one place: on the page, on paper and beside a file.

import {strings} from '../strings.js'
import {html, nothing} from '../ui.js'
import {dayBefore} from './period.js'
import {hint, warning} from './pieces.js'

const words = strings.audit

// The last day of which something may be missing, by an answer of the API: `''` where all is there, or all of the
// period, which begins with the day `since`; undefined where it may be so of any day.
export function lacksUntil({is_complete: isComplete, complete_since: completeSince}, {since} = {}) {
  if (isComplete || (completeSince && since >= completeSince)) return ''
  return completeSince && dayBefore(completeSince)
}

export function completeness(body, period) {
  const day = lacksUntil(body, period)
  return html`${day === '' ? nothing : warning(words.incomplete(day))} ${hint(words.lag)}`
}
