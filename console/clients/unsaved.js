// Asks before a form with something in it is left.

import {strings} from '../strings.js'

let isUnsaved = () => false
let asksAtLinks = true

// Ask from now on whenever this returns true: one form at a time. What the page itself keeps in memory does not need to
// be asked for `atLinks` of the console.
export function keepUnsaved(check, {atLinks = true} = {}) {
  isUnsaved = check
  asksAtLinks = atLinks
}

addEventListener('beforeunload', (event) => {
  if (isUnsaved()) event.preventDefault()
})

// Before the console follows a link.
addEventListener('click', (event) => {
  const anchor = event.target instanceof Element ? event.target.closest('main a[href], header a[href]') : null
  if (!anchor || anchor.target || !asksAtLinks || !isUnsaved()) return
  if (confirm(strings.client.leave)) {
    isUnsaved = () => false
    return
  }
  event.preventDefault()
  event.stopPropagation()
}, {capture: true})
