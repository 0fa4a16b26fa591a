// The settings of a client, each part shown and edited for itself, and the acts on the client as a whole.

import {path} from '../api.js'
import {strings} from '../strings.js'
import {facts, html, nothing, section, toast} from '../ui.js'
import {draftOf, changedMembers, patchOf, rebased} from './draft.js'
import {PARTS, fieldsOf, focusError, isChanged, newForm, partOf, readKeys, showError} from './form.js'
import {preview} from './preview.js'
import {stopSection} from './stop.js'
import {keepUnsaved} from './unsaved.js'
import {draftWord, factsOf, labelOf} from './values.js'

const text = strings.client
const EDITED = PARTS.filter((part) => part !== 'limits' && part !== 'callbacks') // which have sections of their own

export const load = () => ({shown: {}})

export const view = (data, context) => html`
  ${EDITED.map((part) => partSection(part, data, context))}
  ${stopSection(data, context)}`

// A part of the settings: its values, or its form.
export function partSection(part, data, context, {title = text.groups[part], values} = {}) {
  const {client, local, isManager} = data
  if (local.editing === part) return editor(part, data, context)
  const edit = () => {
    Object.assign(local, {editing: part, form: newForm(client), conflict: null, waits: null})
    keepUnsaved(() => local.editing === part && isChanged(local.form) && isShown(part))
    context.update()
    document.querySelector('main form input')?.focus()
  }
  const button = html`<button type="button" aria-label=${text.editGroup(title)} data-edits=${part} ?disabled=${Boolean(local.editing)} @click=${edit}>${text.edit}</button>`
  const shown = values ?? facts(factsOf(part, client))
  const withPreview = part === 'disclosure'
    ? html`<div class="columns">${shown}${preview(data.own.shown, draftOf(client), context)}</div>` : shown
  return section(title, withPreview, isManager ? button : nothing)
}

// Whether the form of a part is there: the page may have been left by the browser's own buttons.
const isShown = (part) => document.querySelector('main form[data-part]')?.dataset.part === part

function editor(part, data, context) {
  const {local} = data
  const {form} = local
  const close = () => closed(data, context)
  const submit = (event) => {
    event.preventDefault()
    save(data, context)
  }
  const fields = fieldsOf(part, form, context.update)
  return section(text.groups[part], html`
    ${local.conflict ? conflictNote(data, context, close) : nothing}
    <form data-part=${part} class=${part === 'disclosure' ? 'wide' : ''} @submit=${submit}>
      ${part === 'disclosure'
        ? html`<div class="columns"><div>${fields}</div>${preview(data.own.shown, form.draft, context)}</div>` : fields}
      <div class="actions"><button class="primary">${text.save}</button>
        <button type="button" @click=${close}>${text.cancel}</button></div>
    </form>`)
}

// Close a form, and go back to the button that opened it.
function closed({local}, {update}) {
  const part = local.editing
  Object.assign(local, {editing: null, form: null, conflict: null})
  update()
  document.querySelector(`main [data-edits=${part}]`)?.focus()
}

// Send what the form changed, for the version of the client that it began with.
async function save(data, context) {
  const {local, client} = data
  const {form} = local
  form.errors = {}
  if (!(await readKeys(form))) return showFields(context)
  const changed = changedMembers(form.base, form.draft)
  if (!Object.keys(changed).length) {
    toast(text.unchanged, 'plain')
    return closed(data, context)
  }
  const change = () => context.api.send('PATCH', path`/clients/${client.client_id}`, {json: patchOf(changed), etag: `"${form.base.version}"`})
    .catch(async (error) => answerTo(error, data, context))
  const answer = await context.act(change, '', {reload: false})
  if (answer === null) return
  if (answer.invalid) return showFields(context)
  if (answer.newer) return showConflict(data, context, answer.newer)
  Object.assign(local, {editing: null, form: null, conflict: null, waits: answer.status === 202 ? answer.body : null})
  if (local.waits) return showWaiting(context)
  toast(text.saved)
  return context.reload()
}

// What to do about an error: show it beside its field, or show what others have changed.
async function answerTo(error, {client, local: {editing, form}}, {api}) {
  if (error.status === 412) return {newer: await api.get(path`/clients/${client.client_id}`)}
  if ((error.status === 400 || error.status === 409) && partOf(showError(form, error)) === editing) return {invalid: true}
  throw error
}

function showFields({update}) {
  update()
  focusError()
}

function showWaiting({update}) {
  update()
  scrollTo(0, 0)
  document.querySelector('main h1')?.focus()
}

function showConflict({local}, {update}, newer) {
  local.conflict = {newer}
  update()
  document.querySelector('.conflict')?.focus()
}

function conflictNote(data, context, close) {
  const {local} = data
  const {newer} = local.conflict
  const {draft, theirs, both} = rebased(local.form.base, newer, local.form.draft)
  const after = draftOf(newer)
  const shown = (names) => html`<ul>${names.filter((name) => name !== 'keys').map((name) => html`
    <li>${text.conflict.value(labelOf(name), draftWord(name, after[name]))}</li>`)}</ul>`
  const others = theirs.filter((name) => !both.includes(name))
  const again = () => {
    Object.assign(local, {form: {...local.form, base: newer, draft, errors: {}}, conflict: null})
    save(data, context)
  }
  const discard = () => {
    close()
    context.reload()
  }
  return html`<div class="note warn conflict" role="alert" tabindex="-1">
    <h3>${text.conflict.title}</h3>
    <p>${text.conflict.kept}</p>
    ${both.length ? html`<p>${text.conflict.both}</p>${shown(both)}` : nothing}
    ${others.length ? html`<p>${text.conflict.theirs}</p>${shown(others)}` : nothing}
    ${theirs.length ? nothing : html`<p>${text.conflict.none}</p>`}
    <div class="actions"><button type="button" class="primary" @click=${again}>${text.conflict.again}</button>
      <button type="button" @click=${discard}>${text.conflict.discard}</button></div>
  </div>`
}
