// The form by which an officer finds a person or a household: by identifier, phone number or id, and with a reason.

import {strings} from '../strings.js'
import {field, html, nothing, select} from '../ui.js'
import {keepReason, keptReason, keptType} from './visits.js'

const words = strings.find
const WAYS = ['identifier', 'phone', 'person', 'group']

// The state of an empty form, or of one that is filled with a subject.
export function findState(subject = {}) {
  const way = subject.identifier_type ? 'identifier' : (WAYS.find((one) => subject[one]) ?? 'identifier')
  const values = {identifier_type: keptType(), identifier_value: '', phone: '', person: '', group: '', ...subject}
  return {way, values, reason: keptReason(), errors: {}}
}

// The subject that is written in the form; undefined with errors in the state.
function subjectOf(state, needsReason) {
  const names = state.way === 'identifier' ? ['identifier_type', 'identifier_value'] : [state.way]
  const subject = Object.fromEntries(names.map((name) => [name, state.values[name].trim()]))
  state.errors = Object.fromEntries(names.filter((name) => !subject[name]).map((name) => [name, words.missing[name]]))
  if (needsReason && !/[\p{L}\p{N}]/u.test(state.reason)) state.errors.reason = words.missing.reason
  return Object.keys(state.errors).length ? undefined : subject
}

// `more` is what else there is to fill in, and onFind(subject) what is done then.
export function findForm(state, {button, onFind, update, needsReason = false, more = nothing}) {
  const input = (name, options = {}) => field({
    name, label: words.labels[name], hint: words.hints[name], value: state.values[name], error: state.errors[name], required: true,
    oninput: (event) => (state.values[name] = event.target.value),
    ...options,
  })
  const submit = async (event) => {
    event.preventDefault()
    const form = event.currentTarget
    const subject = subjectOf(state, needsReason)
    keepReason(state.reason)
    update()
    if (subject) onFind(subject)
    else form.querySelector('[aria-invalid]')?.focus()
  }
  const choose = (event) => {
    Object.assign(state, {way: event.target.value, errors: {}})
    update()
  }
  return html`
    <form class="find" novalidate autocomplete="off" @submit=${submit}>
      ${select({name: 'way', label: words.by, value: state.way, options: WAYS.map((way) => [way, words.ways[way]]), onchange: choose})}
      ${state.way === 'identifier' ? [input('identifier_type', {maxlength: 100}), input('identifier_value', {maxlength: 500})] : input(state.way, {maxlength: 500})}
      ${more}
      <div class="wide">${field({
        name: 'reason', label: words.reason, hint: words.reasonHint, value: state.reason, error: state.errors.reason, required: needsReason, maxlength: 400,
        oninput: (event) => (state.reason = event.target.value),
      })}</div>
      <div class="actions wide"><button type="submit" class="primary">${button}</button></div>
    </form>`
}
