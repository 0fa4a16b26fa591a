// The pages without a menu, where nobody is signed in, and the dialog of a session that has ended.

import {ApiError} from './api.js'
import {strings} from './strings.js'
import {dialog, html, nothing, render} from './ui.js'

const root = document.getElementById('app')
const alone = (title, content) => html`
  <main class="alone"><p class="product">${strings.common.product}</p><h1 tabindex="-1">${title}</h1>${content}</main>`

export function showSignIn(session, error = '') {
  const signIn = () => {
    showAlone(strings.session.title, strings.session.signingIn)
    session.signIn(location.pathname + location.search).catch((problem) => showSignIn(session, problem.message))
  }
  document.title = strings.common.pageTitle(strings.session.title)
  render(alone(strings.session.title, html`
    <p class="lead">${strings.session.lead}</p>
    ${error ? html`<div class="note bad" role="alert"><p>${error}</p></div>` : nothing}
    ${session.wasSignedOut && !error ? html`<p role="status">${strings.session.signedOut}</p>` : nothing}
    <p><button type="button" class="primary" @click=${signIn}>${strings.session.signIn}</button></p>`), root)
}

export function showAlone(title, text, retry) {
  document.title = strings.common.pageTitle(title)
  render(alone(title, html`<p class="lead">${text}</p>
    ${retry ? html`<p><button type="button" @click=${retry}>${strings.common.retry}</button></p>` : nothing}`), root)
}

// In the window that was opened to sign in again.
export function showWindowDone() {
  showAlone(strings.session.title, strings.session.windowDone)
  close()
}

// Ask to sign in again. Resolves with whether it is the same person; throws ApiError when the person leaves the dialog.
export async function signInAgain(session) {
  let again = await session.again()
  let trouble = ''
  const result = await dialog({
    title: strings.session.ended,
    tone: 'session',
    view: (close, update) => {
      const openWindow = async () => {
        again.done.then((isSame) => close({isSame}), async (error) => {
          again = await session.again()
          trouble = error.message
          update()
        })
        trouble = again.open() ? '' : strings.session.blocked
        update()
      }
      return html`<p>${strings.session.endedText}</p>
        ${trouble ? html`<p class="error" role="alert">${trouble}</p>` : nothing}
        <div class="actions"><button type="button" class="primary" autofocus @click=${openWindow}>${strings.session.again}</button>
          <button type="button" @click=${() => close()}>${strings.session.leave}</button></div>`
    },
  })
  again.close()
  if (!result) throw new ApiError(401, '', strings.session.endedError)
  return result.isSame
}
