// What is shown one time and kept nowhere: a secret, or a link with its code.

import {strings} from '../strings.js'
import {confirmed, copyButton, dialog, html} from '../ui.js'

const text = strings.client.once

// Show [label, value, copy label] until the person says that they have them. Nobody can see them again: the browser asks
// before the window is closed.
export async function showOnce({title, explanation, rows, done}) {
  const ask = (event) => event.preventDefault()
  addEventListener('beforeunload', ask)
  try {
    for (;;) {
      if (await shown({title, explanation, rows, done})) return
      if (await confirmed({title: text.leaveTitle, text: text.leaveText, confirm: text.leave, tone: 'bad'})) return
    }
  } finally {
    removeEventListener('beforeunload', ask)
  }
}

const shown = ({title, explanation, rows, done}) => dialog({
  title,
  tone: 'once',
  view: (close) => html`
    <p>${explanation}</p>
    ${rows.map(([label, value, copy], index) => html`
      <div class="once-value"><div><span class="label" id="once-${index}">${label}</span>
        <code tabindex="0" role="textbox" aria-readonly="true" aria-labelledby="once-${index}">${value}</code></div>
        ${copy ? copyButton(value, copy) : ''}</div>`)}
    <div class="actions"><button type="button" class="primary" @click=${() => close(true)}>${done}</button></div>`,
})
