// The parts of the form of a client: settings edit one of them at a time, and a new client has each as a step.
//
// A form is {base, draft, errors, isOwn}: the client that it began with (none for a new one), its draft (see draft.js),
// and a sentence for each member that was not accepted.

import {strings} from '../strings.js'
import {area, check, field, group, html, note, nothing, select} from '../ui.js'
import {
  ATTRIBUTES, CALLBACK_AUTHS, DIALECTS, LIMITS, NOTIFY_RECORDS, NOTIFY_SPELLINGS, PARTNER_SCOPES, RECORD_TYPES, SCOPES,
  SETS, SIGNATURES, setOf,
} from './choices.js'
import {draftOf, memberNamed} from './draft.js'
import {KeyError, publicKeySet} from './public-keys.js'
import {attributeOf, labelOf} from './values.js'

const text = strings.clientMembers
export const PARTS = ['identity', 'access', 'disclosure', 'limits', 'keys', 'callbacks']

export const newForm = (client) => ({base: client, draft: draftOf(client), errors: {}, isOwn: false, keysRead: ''})

// Whether something was entered.
export const isChanged = (form) => JSON.stringify(form.draft) !== JSON.stringify(draftOf(form.base))

// The fields of a part. `update` shows the form again.
export const fieldsOf = (part, form, update) => FIELDS[part](inputs(form, update))

// Read the public keys in the form as a JWK set. Returns whether that worked; if not, the field has an error.
export async function readKeys(form) {
  if (form.draft.keys !== 'jwks' || !form.draft.jwks.trim()) return true
  try {
    form.draft.jwks = await publicKeySet(form.draft.jwks)
    form.keysRead = text.keysRead(JSON.parse(form.draft.jwks).keys.length)
    return true
  } catch (error) {
    if (!(error instanceof KeyError)) throw error
    if (error.reason === 'private') form.draft.jwks = ''
    form.errors = {...form.errors, jwks: text.keyErrors[error.reason]}
    return false
  }
}

// Whether the members of a part that every client needs are there; if not, their fields have errors.
export function isComplete(part, form) {
  const missing = (NEEDED[part] ?? []).filter((name) => !form.draft[name].length || !String(form.draft[name]).trim())
  form.errors = Object.fromEntries(missing.map((name) => [name, text.required]))
  return missing.length === 0
}

// Put the API's message beside the field of the member that it names. Returns the member, if the form has it.
export function showError(form, error) {
  const name = memberNamed(error.message, form.draft)
  if (name) form.errors = {...form.errors, [name]: error.message}
  return name
}

// The part that has a member.
export const partOf = (member) => PARTS.find((part) => MEMBERS[part].includes(member))

// Move the focus to the first field with an error.
export function focusError() {
  const shown = document.querySelector('main [aria-invalid="true"], main .error')
  const target = shown?.matches('input, select, textarea') ? shown : shown?.closest('fieldset')?.querySelector('input')
  target?.focus()
}

const ATTRIBUTE_NAMES = Object.fromEntries(ATTRIBUTES.map((name) => [name, attributeOf(name)]))
const NEEDED = {identity: ['name', 'sender_id'], access: ['scopes', 'record_types']}

export const MEMBERS = {
  identity: ['name', 'sender_id'],
  access: ['scopes', 'record_types', 'flags.restricted', 'flags.asynchronous', 'flags.openspp17', 'token_lifetime'],
  disclosure: ['disclosure'],
  limits: LIMITS,
  keys: ['keys', 'jwks', 'jwks_uri', 'flags.signature', 'flags.dialect'],
  callbacks: ['urls', 'default_url', 'notify_url', 'auth', 'token_url', 'client_id', 'scope', 'secret', 'max_bytes',
    'notify_spelling', 'notify_records'].map((name) => `callbacks.${name}`),
}

const FIELDS = {
  identity: ({line}) => [line('name', {required: true, maxlength: 200}), line('sender_id', {required: true, maxlength: 200})],

  access: ({list, line, flag}) => [
    list('scopes', PARTNER_SCOPES, text.scopes),
    list('record_types', RECORD_TYPES, text.recordTypes),
    group(text.kindsOfAccess, ['flags.asynchronous', 'flags.restricted', 'flags.openspp17'].map(flag)),
    line('token_lifetime', {inputmode: 'numeric'}),
    list('scopes', SCOPES.filter((scope) => !PARTNER_SCOPES.includes(scope)), text.scopes, text.adminScopes, text.forAdministration),
  ],

  disclosure: ({form, list, set}) => {
    const chosen = form.isOwn ? 'own' : (setOf(form.draft.disclosure) ?? 'own')
    const choose = (name) => {
      form.isOwn = name === 'own'
      set('disclosure', SETS[name] ?? form.draft.disclosure)
    }
    const radio = (name) => check({
      name: 'set', type: 'radio', value: name, label: text.setNames[name], checked: chosen === name,
      hint: text.sets[name], onchange: () => choose(name),
    })
    return [
      group(labelOf('disclosure'), [...Object.keys(SETS), 'own'].map(radio)),
      html`<div class="columns-2">${list('disclosure', ATTRIBUTES, ATTRIBUTE_NAMES, undefined, text.oneByOne)}</div>`,
    ]
  },

  limits: ({limit}) => LIMITS.map(limit),

  keys: ({form, choice, line, textarea, read}) => [
    choice('keys', Object.keys(text.keys), text.keys),
    form.draft.keys === 'jwks'
      ? html`${textarea('jwks', {rows: 8, required: true})}
          <p><button type="button" @click=${read}>${text.convert}</button> <span role="status">${form.keysRead}</span></p>`
      : nothing,
    form.draft.keys === 'jwks_uri' ? line('jwks_uri', {type: 'url', required: true}) : nothing,
    choice('flags.signature', SIGNATURES, text.signature),
    choice('flags.dialect', DIALECTS, text.dialect),
  ],

  callbacks: ({form, line, textarea, choice, pick}) => {
    const kind = form.draft['callbacks.auth']
    const isKept = Boolean(form.base?.callbacks?.secret_version)
    const secret = line('callbacks.secret', {
      type: 'password', required: !isKept, autocomplete: 'new-password',
      hint: [text.hints['callbacks.secret'], ...(isKept ? [text.hints['callbacks.secretKept']] : [])].join(' '),
    })
    return [
      form.draft['flags.asynchronous'] ? nothing : note(html`<p>${text.callbacksUnused}</p>`, 'warn'),
      textarea('callbacks.urls', {rows: 3}),
      line('callbacks.default_url', {type: 'url'}),
      line('callbacks.notify_url', {type: 'url'}),
      choice('callbacks.auth', CALLBACK_AUTHS, text.auth),
      kind === 'oauth'
        ? [line('callbacks.token_url', {type: 'url', required: true}), line('callbacks.client_id', {required: true}), line('callbacks.scope')]
        : nothing,
      kind === 'none' ? nothing : secret,
      pick('callbacks.notify_spelling', NOTIFY_SPELLINGS, text.spelling),
      pick('callbacks.notify_records', ['', ...NOTIFY_RECORDS], text.records, {required: false}),
      line('callbacks.max_bytes', {inputmode: 'numeric'}),
    ]
  },
}

// The kinds of fields, each bound to a member of the draft.
function inputs(form, update) {
  const {draft, errors} = form
  const set = (name, value) => {
    draft[name] = value
    if (name === 'jwks') form.keysRead = ''
    delete errors[name]
    update()
  }
  const common = (name) => ({name, label: labelOf(name), hint: text.hints[name], value: draft[name], error: errors[name]})
  const typed = (name) => ({oninput: (event) => set(name, event.target.value)})
  const problemOf = (name) => (errors[name] ? html`<p class="error">${errors[name]}</p>` : nothing)
  return {
    form,
    set,
    line: (name, options) => field({...common(name), ...typed(name), ...options}),
    textarea: (name, options) => area({...common(name), ...typed(name), ...options}),
    pick: (name, choices, texts, options) =>
      select({...common(name), ...options, options: choices.map((one) => [one, texts[one]]), onchange: (event) => set(name, event.target.value)}),
    choice: (name, choices, texts) => group(labelOf(name), [
      ...choices.map((one) => check({
        name, type: 'radio', value: one, label: texts[one], checked: draft[name] === one, onchange: () => set(name, one),
      })),
      problemOf(name),
    ]),
    list: (name, choices, texts, hint, legend = labelOf(name)) => group(legend, [
      ...choices.map((one) => check({
        name, value: one, label: texts[one], checked: draft[name].includes(one),
        onchange: (event) => set(name, event.target.checked ? [...draft[name], one] : draft[name].filter((other) => other !== one)),
      })),
      hint ? nothing : problemOf(name), // a further list of the same member has a hint, and the first one the error
    ], hint),
    flag: (name) => check({
      name, value: 'true', label: labelOf(name), hint: text.hints[name], checked: draft[name], onchange: (event) => set(name, event.target.checked),
    }),
    limit: (name) => {
      const hasDefault = name !== 'notifications_a_minute' // which has no limit unless it has its own
      const kinds = hasDefault ? ['default', 'none', 'own'] : ['none', 'own']
      const kind = !['default', 'none'].includes(draft[name]) ? 'own' : hasDefault ? draft[name] : 'none'
      return group(labelOf(name), [
        ...kinds.map((one) => check({
          name: `${name}-kind`, type: 'radio', value: one, label: text.limit[one], checked: kind === one,
          onchange: () => set(name, one === 'own' ? '' : one),
        })),
        kind === 'own' ? field({...common(name), ...typed(name), label: text.limitNumber(labelOf(name)), required: true, inputmode: 'numeric'}) : problemOf(name),
      ])
    },
    read: async () => {
      delete errors.jwks
      await readKeys(form)
      update()
    },
  }
}
