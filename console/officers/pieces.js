// Small pieces that the officers' pages share.

import {strings} from '../strings.js'
import {check, download, html, note, nothing, toast, toastError} from '../ui.js'
import {csvText} from './csv.js'

const words = strings.officers
export const MOST_ROWS = 10_000 // of a file

// Links between the pages below one entry of the menu.
export const sections = (pages, current) =>
  pages.length < 2
    ? nothing
    : html`<nav class="sections no-print" aria-label=${words.sections}>
        <ul>${pages.map(([address, text]) => html`<li><a href=${address} aria-current=${address === current ? 'page' : nothing}>${text}</a></li>`)}</ul>
      </nav>`

// A button that saves all rows of a list as CSV, after reading those that are not shown yet.
export function csvButton(list, {columns, toRows, name, update}) {
  const save = async () => {
    list.isSaving = true
    try {
      const reading = list.all(MOST_ROWS, update)
      update()
      const rows = await reading
      download(`${name}-${new Date().toISOString().slice(0, 10)}.csv`, csvText(columns, toRows(rows)), 'text/csv;charset=utf-8')
      toast(list.hasMore ? words.savedPart(rows.length) : words.saved(rows.length), list.hasMore ? 'warn' : 'good')
    } catch (error) {
      toastError(error)
    } finally {
      list.isSaving = false
      update()
    }
  }
  return html`<button type="button" class="quiet" ?disabled=${list.isSaving || list.isBusy} @click=${save}>
    ${list.isSaving ? words.saving(list.rows.length) : words.csv}</button>`
}

// A moment that is to come, with how much time is left.
export function remaining(moment, now = Date.now()) {
  const hours = Math.floor((Date.parse(moment) - now) / 3_600_000)
  if (hours < 0) return words.over
  return hours < 48 ? words.hoursLeft(hours) : words.daysLeft(Math.floor(hours / 24))
}

// The day of a moment, in the viewer's zone.
export const dayOf = (moment) =>
  new Date(moment).toLocaleDateString(undefined, {weekday: 'long', day: 'numeric', month: 'long', year: 'numeric'})

// The time of day of a moment, in the viewer's zone, with UTC on hover.
export function clock(moment) {
  const at = new Date(moment)
  const iso = at.toISOString()
  return html`<time datetime=${iso} title=${strings.common.utc(iso.slice(0, 19).replace('T', ' '))}
    >${at.toLocaleTimeString(undefined, {hour: '2-digit', minute: '2-digit', second: '2-digit'})}</time>`
}

// A checkbox that is applied at once.
export const toggle = ({name, label, checked, onToggle}) =>
  check({name, label, checked, onchange: (event) => onToggle(event.target.checked)})

export const hint = (text) => (text ? html`<p class="hint">${text}</p>` : nothing)
export const warning = (text) => note(html`<p>${text}</p>`, 'warn')
export const remark = (text) => note(html`<p>${text}</p>`)

// The id by which the API knows who is signed in.
export const ownId = (session) => `${session.config.issuer}#${session.subject}`
