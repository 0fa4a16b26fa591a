// What may be missing of a history, said in one place: on the page, on paper and beside a file.

import {strings} from '../strings.js'
import {html, nothing} from '../ui.js'
import {hint, warning} from './pieces.js'

const words = strings.audit

// The sentence about what may be missing; empty where nothing is. `since` is the first day of the period, if any.
export function missing(completeSince, {since} = {}) {
  if (!completeSince) return words.incomplete
  return since && since >= completeSince ? '' : words.incompleteBefore(completeSince)
}

export function completeness(completeSince, period) {
  const sentence = missing(completeSince, period)
  return html`${sentence ? warning(sentence) : nothing} ${hint(words.lag)}`
}
