// Clients to which nothing is delivered any more: what a manager can do when the partner's receiver works again.

import {path} from '../api.js'
import {strings} from '../strings.js'
import {confirmed, html, note, nothing} from '../ui.js'

const text = strings.client.callbacks

// A note with the button that resumes the deliveries of a client, for managers.
export function resumeNote({client, isManager}, {api, act}, content) {
  const resume = async () => {
    if (!(await confirmed({title: text.resumeTitle, text: text.resumeText, confirm: text.resume}))) return
    await act(() => api.post(path`/clients/${client.client_id}/resume`), text.resumeDone)
  }
  return note(html`${content}
    ${isManager ? html`<p><button type="button" @click=${resume}>${text.resume}</button></p>` : nothing}`, 'bad')
}
