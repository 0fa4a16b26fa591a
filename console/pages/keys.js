// The signing keys: of tokens and of messages, their rotation, and their revocation.

import {strings} from '../strings.js'
import {badge, confirmed, copyButton, html, mono, nothing, page, section, table, time} from '../ui.js'
import {confirmedByTyping} from '../clients/typed.js'

const text = strings.keys
const USES = ['tokens', 'messages']
const TONES = {current: 'good', next: 'plain', retired: 'plain', pending: 'warn'}
const ROUTES = {tokens: '/keys', messages: '/keys/messages'}
const PUBLISHED = '/.well-known/jwks.json'
export const title = text.title

export const load = ({api}) => api.get('/keys')

export const view = ({keys}, context) => page({
  title,
  lead: text.intro,
  actions: html`<button type="button" @click=${context.reload}>${text.refresh}</button>`,
}, html`
  <p>${text.published} ${mono(location.origin + PUBLISHED)} ${copyButton(location.origin + PUBLISHED, text.copyAddress)}</p>
  ${USES.map((use) => section(text.uses[use], html`
    <p class="hint">${text.useTexts[use]}</p>
    ${table({
      caption: text.uses[use],
      rows: keys.filter(({signs}) => signs === use),
      key: ({kid}) => kid,
      empty: text.none,
      columns: [
        {title: text.columns.kid, cell: ({kid}) => mono(kid)},
        {title: text.columns.alg, cell: ({alg}) => alg},
        {title: text.columns.state, cell: ({state}) => html`${badge(text.states[state] ?? state, TONES[state])}<div class="hint">${text.stateTexts[state]}</div>`},
        {title: text.columns.since, cell: ({since}) => time(since)},
        {title: text.columns.until, cell: ({until}) => (until ? time(until) : '')},
      ],
    })}`, context.session.has('client-manager') ? acts(use, context) : nothing))}`)

function acts(use, {api, act}) {
  const rotate = async () => {
    if (!(await confirmed({title: text.rotateTitle(text.names[use]), text: text.rotateText[use], confirm: text.rotate}))) return
    await act(() => api.post(`${ROUTES[use]}/rotate`), text.rotateDone)
  }
  const revoke = async () => {
    const isSure = await confirmedByTyping({
      title: text.revokeTitle(text.names[use]),
      text: text.revokeText[use],
      label: text.revokeTyped(text.revokeWord),
      word: text.revokeWord,
      mismatch: text.revokeMismatch,
      confirm: text.revoke,
    })
    if (!isSure) return
    await act(() => api.post(`${ROUTES[use]}/revoke`), text.revokeDone)
  }
  return html`<button type="button" aria-label=${text.rotateOf(text.names[use])} @click=${rotate}>${text.rotate}</button>
    <button type="button" class="danger" aria-label=${text.revokeOf(text.names[use])} @click=${revoke}>${text.revoke}</button>`
}
