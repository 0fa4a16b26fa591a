import {strings} from '../strings.js'
import {dialog, field, html} from '../ui.js'

// Ask for what cannot be undone: the person types a word. Resolves with true once they typed it, and confirmed.
export function confirmedByTyping({title, text, label, word, mismatch, confirm}) {
  let typed = ''
  let error
  // Not every keyboard has the joiners of a script, or letters apart from their accents.
  const folded = (value) => value.normalize('NFC').replace(/[\u200c\u200d]/g, '').trim().replace(/\s+/g, ' ')
  return dialog({
    title,
    tone: 'bad',
    view: (close, update) => {
      const submit = (event) => {
        event.preventDefault()
        if (folded(typed) === folded(word)) return close(true)
        error = mismatch
        update()
        return event.target.querySelector('input').focus()
      }
      return html`<p>${text}</p>
        <form @submit=${submit}>
          ${field({name: 'typed', label, value: typed, required: true, error, oninput: (event) => (typed = event.target.value)})}
          <div class="actions"><button class="danger">${confirm}</button>
            <button type="button" @click=${() => close()}>${strings.common.cancel}</button></div>
        </form>`
    },
  })
}
