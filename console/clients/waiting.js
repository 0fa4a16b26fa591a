// Changes that are answered with 202: they wait for a second person.

import {href} from '../router.js'
import {strings} from '../strings.js'
import {html, link, note, time} from '../ui.js'

const text = strings.client.waiting

// Run a change that may wait, as act() does. Resolves with {waits}, the approval, or {answer}; null after an error.
export async function actOrWait({act, reload}, change, done) {
  const answer = await act(change, '', {reload: false})
  if (answer === null) return null
  if (answer.status === 202) return {waits: answer.body}
  if (done) done(answer)
  await reload()
  return {answer}
}

// Who has to approve a change that has just been asked for, and until when.
export const waitingText = ({expires}) => html`<p>${text.text} ${time(expires)}.</p>`

export const waitingNote = (approval) => note(html`
  <h2>${text.title}</h2>
  ${waitingText(approval)}
  <p>${link(href`/approvals/${approval.approval_id}`, text.link)}</p>`, 'warn')

// The changes of a client that wait already.
export const pendingNote = (approvals) => note(html`
  <p>${text.pending(approvals.length)}</p>
  <ul class="plain">${approvals.map((one) => html`<li>${link(href`/approvals/${one.approval_id}`, text.pendingOf(one))}</li>`)}</ul>`, 'warn')
