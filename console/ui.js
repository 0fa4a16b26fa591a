// The shared pieces of the pages. What a page shows is made of lit-html's templates, which escape every value.
// Never bind a stored value to href, src or an event, and no style attribute: the policy blocks it.
//
//   html, nothing, repeat, classMap, live, ifDefined, keyed    lit-html's own
//   page({title, lead, actions, back}, content)   the frame of a page: its h1, buttons beside it, a link back
//   section(title, content, actions)              a part of a page with an h2
//   table({caption, columns, rows, key, empty})   columns: {title, cell: (row) => content, kind: 'number' | 'wide'}
//   moreButton(list, update, report)              the end of a CursorList: how many rows, and the next page
//   facts([[term, content], ...])                 a list of terms and values; a value that is undefined is left out
//   badge(text, tone)                             tone: 'good', 'warn', 'bad' or 'plain'
//   time(moment, {date})                          a moment in the viewer's zone, UTC on hover: ISO text or epoch seconds
//   mono(text)                                    an id or a code
//   link(address, text)                           to a page of the console: link(href`/clients/${id}`, name)
//   empty(text, hint, action) · loading() · problem(error, retry) · note(content, tone)
//   field({name, label, value, type, hint, error, required, ...}) · area(...) · select({..., options: [[value, text]]})
//     `value` is what a field begins with: what was typed since stays when a page is shown again, until `value` changes
//   check({name, label, value, checked, hint}) · group(legend, content, hint)
//   values(form)                                  the fields of a form: {name: text}; of several checks a list
//   copyButton(text, label) · printButton() · download(name, text, type)
//   toast(text, tone) · toastError(error)         a short notice, which screen readers announce
//   dialog({title, view(close, update), tone})    opens a dialog; resolves with what close(value) was given, or undefined
//   confirmed({title, text, confirm, dismiss, tone})   asks; resolves with true or false
//   dismissDialog()                               closes the dialog on top, as Escape does
//   chart(figures)                                see chart.js, which is loaded when a page needs it

import {html, nothing, render} from './vendor/lit-html-3.3.3/lit-html.js'
import {classMap} from './vendor/lit-html-3.3.3/directives/class-map.js'
import {ifDefined} from './vendor/lit-html-3.3.3/directives/if-defined.js'
import {keyed} from './vendor/lit-html-3.3.3/directives/keyed.js'
import {live} from './vendor/lit-html-3.3.3/directives/live.js'
import {repeat} from './vendor/lit-html-3.3.3/directives/repeat.js'
import {strings} from './strings.js'

export {classMap, html, ifDefined, keyed, live, nothing, render, repeat}
const common = strings.common

export const page = ({title, lead = nothing, actions = nothing, back}, content) => html`
  ${back ? html`<p class="back">${link(back[0], `← ${back[1]}`)}</p>` : nothing}
  <div class="heading">
    <h1 tabindex="-1">${title}</h1>
    ${actions === nothing ? nothing : html`<div class="actions">${actions}</div>`}
  </div>
  ${lead === nothing ? nothing : html`<p class="lead">${lead}</p>`}
  ${content}`

export const section = (title, content, actions = nothing) => html`
  <section>
    <div class="heading"><h2>${title}</h2>${actions === nothing ? nothing : html`<div class="actions">${actions}</div>`}</div>
    ${content}
  </section>`

export function table({caption, columns, rows, key = (_, index) => index, empty: none = common.nothing}) {
  if (!rows.length) return empty(none)
  return html`
    <table>
      <caption>${caption}</caption>
      <thead><tr>${columns.map(({title, kind = ''}) => html`<th scope="col" class=${kind}>${title}</th>`)}</tr></thead>
      <tbody>${repeat(rows, key, (row) => html`
        <tr>${columns.map(({title, cell, kind = ''}) => html`<td class=${kind} data-title=${title}><div>${cell(row)}</div></td>`)}</tr>`)}
      </tbody>
    </table>`
}

// `report` is given the error of a page that could not be read: act of the page's context does it.
export function moreButton(list, update, report = toastError) {
  if (!list.rows.length && !list.hasMore) return nothing
  const more = () => {
    const reading = list.more(update).catch(report).finally(update)
    update()
    return reading
  }
  return html`<p class="more">
    <span>${list.hasMore ? common.shown(list.rows.length) : common.shownAll(list.rows.length)}</span>
    ${list.hasMore
      ? html`<button type="button" ?disabled=${list.isBusy} @click=${more}>${list.isBusy ? common.loading : common.more}</button>`
      : nothing}
  </p>`
}

export const facts = (pairs) => html`
  <dl class="facts">${pairs.filter(([, value]) => value !== undefined).map(
    ([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}
  </dl>`

export const badge = (text, tone = 'plain') => html`<span class="badge ${tone}">${text}</span>`
export const mono = (text) => html`<code>${text}</code>`
export const link = (address, text) => html`<a href=${address}>${text}</a>`
export const note = (content, tone = 'plain') => html`<div class="note ${tone}">${content}</div>`

export function time(moment, {date = false} = {}) {
  if (moment === undefined || moment === null || moment === '') return common.never
  const at = new Date(typeof moment === 'number' ? moment * 1000 : moment)
  if (Number.isNaN(at.getTime())) return String(moment)
  const shown = at.toLocaleString(undefined, date ? {dateStyle: 'medium'} : {dateStyle: 'medium', timeStyle: 'short'})
  const iso = at.toISOString()
  return html`<time datetime=${iso} title=${common.utc(iso.slice(0, 19).replace('T', ' '))}>${shown}</time>`
}

export const empty = (text = common.nothing, hint = nothing, action = nothing) =>
  html`<div class="empty"><p>${text}</p>${hint === nothing ? nothing : html`<p class="hint">${hint}</p>`}${action}</div>`

export const loading = () => html`<p class="loading" role="status">${common.loading}</p>`

export const problem = (error, retry) => html`
  <div class="note bad" role="alert">
    <p>${error.message || strings.errors.unexpected}</p>
    ${error.retryAfter ? html`<p>${strings.errors.busy(error.retryAfter)}</p>` : nothing}
    ${retry ? html`<p><button type="button" @click=${retry}>${common.retry}</button></p>` : nothing}
  </div>`

const described = ({name, hint, error}) =>
  [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ') || undefined

const labelled = (options, control) => html`
  <div class="field">
    <label for=${options.name}>${options.label}${options.required ? nothing : html` <span class="hint">${common.optional}</span>`}</label>
    ${options.hint ? html`<p class="hint" id="${options.name}-hint">${options.hint}</p>` : nothing}
    ${control}
    ${options.error ? html`<p class="error" id="${options.name}-error">${options.error}</p>` : nothing}
  </div>`

export function field(options) {
  const {name, value = '', type = 'text', required = false, error, min, max, maxlength, pattern, placeholder, autocomplete = 'off', oninput} = options
  return labelled(options, html`<input id=${name} name=${name} type=${type} .value=${String(value)} ?required=${required}
    min=${ifDefined(min)} max=${ifDefined(max)} maxlength=${ifDefined(maxlength)} pattern=${ifDefined(pattern)}
    placeholder=${ifDefined(placeholder)} autocomplete=${autocomplete} spellcheck="false"
    aria-invalid=${error ? 'true' : nothing} aria-describedby=${ifDefined(described(options))} @input=${oninput}>`)
}

export function area(options) {
  const {name, value = '', rows = 4, required = false, error, maxlength, oninput} = options
  return labelled(options, html`<textarea id=${name} name=${name} rows=${rows} ?required=${required} spellcheck="false"
    maxlength=${ifDefined(maxlength)} .value=${String(value)} aria-invalid=${error ? 'true' : nothing}
    aria-describedby=${ifDefined(described(options))} @input=${oninput}></textarea>`)
}

export function select(options) {
  const {name, value = '', required = true, error, onchange} = options
  return labelled({...options, required}, html`<select id=${name} name=${name} ?required=${required}
    aria-invalid=${error ? 'true' : nothing} aria-describedby=${ifDefined(described(options))} @change=${onchange}>
    ${options.options.map(([one, text]) => html`<option value=${one} .selected=${String(one) === String(value)}>${text}</option>`)}
  </select>`)
}

export const check = ({name, label, value = 'on', checked = false, hint, disabled = false, type = 'checkbox', onchange}) => html`
  <div class="check">
    <input id="${name}-${value}" name=${name} type=${type} value=${value} .checked=${checked} ?disabled=${disabled}
      aria-describedby=${ifDefined(hint ? `${name}-${value}-hint` : undefined)} @change=${onchange}>
    <label for="${name}-${value}">${label}</label>
    ${hint ? html`<p class="hint" id="${name}-${value}-hint">${hint}</p>` : nothing}
  </div>`

export const group = (legend, content, hint) => html`
  <fieldset><legend>${legend}</legend>${hint ? html`<p class="hint">${hint}</p>` : nothing}${content}</fieldset>`

export function values(form) {
  const found = {}
  for (const [name, value] of new FormData(form)) {
    found[name] = name in found ? [found[name], value].flat() : value
  }
  return found
}

export function copyButton(text, label = common.copy) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      toast(common.copied, 'good')
    } catch {
      toast(common.notCopied, 'bad')
    }
  }
  return html`<button type="button" class="quiet" @click=${copy}>${label}</button>`
}

export const printButton = (label = common.print) => html`<button type="button" class="quiet" @click=${() => print()}>${label}</button>`

export function download(name, text, type = 'text/csv') {
  const address = URL.createObjectURL(new Blob([text], {type}))
  const anchor = Object.assign(document.createElement('a'), {href: address, download: name})
  anchor.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

const TOAST_MS = 6_000

export function toast(text, tone = 'good') {
  const shown = Object.assign(document.createElement('p'), {className: `toast ${tone}`, textContent: text})
  document.getElementById('toasts').append(shown)
  setTimeout(() => shown.remove(), TOAST_MS)
}

// Requests that ended with their page are no news.
export const toastError = (error) => error.name === 'AbortError' || toast(error.message, 'bad')

// A dialog is modal, gets the focus, and gives it back. Escape and the close button resolve with undefined.
export function dialog({title, view, tone = 'plain'}) {
  const element = document.createElement('dialog')
  const id = `dialog-${crypto.randomUUID()}`
  element.className = tone
  element.setAttribute('aria-labelledby', id)
  const returnTo = document.activeElement
  return new Promise((resolve) => {
    let result
    const close = (value) => {
      result = value
      element.close()
    }
    const update = () => render(html`
      <div class="heading"><h2 id=${id} tabindex="-1">${title}</h2>
        <button type="button" class="quiet" aria-label=${common.close} @click=${() => close()}>✕</button></div>
      ${view(close, update)}`, element)
    element.addEventListener('close', () => {
      element.remove()
      if (returnTo instanceof HTMLElement && returnTo.isConnected) returnTo.focus()
      resolve(result)
    })
    update()
    document.getElementById('dialogs').append(element)
    element.showModal()
    element.querySelector('[autofocus], h2').focus()
  })
}

// Dismiss the dialog on top, as Escape does. Returns whether there was one.
export function dismissDialog() {
  const top = document.querySelector('#dialogs dialog[open]:last-child')
  top?.close()
  return Boolean(top)
}

export const confirmed = async ({title, text, confirm = common.confirm, dismiss = common.cancel, tone = 'plain'}) => Boolean(await dialog({
  title,
  tone,
  view: (close) => html`<p>${text}</p>
    <div class="actions"><button type="button" class=${tone === 'bad' ? 'danger' : 'primary'} @click=${() => close(true)}>${confirm}</button>
      <button type="button" @click=${() => close(false)}>${dismiss}</button></div>`,
}))
