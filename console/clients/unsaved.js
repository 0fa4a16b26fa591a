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

// Ask no more: the form is gone.
export function forgetUnsaved() {
  isUnsaved = () => false
}

// Whether a page may be left: asks if something in it is not saved. `isForGood`: the memory of the window ends too.
export function mayLeave({isForGood = false} = {}) {
  if (!(asksAtLinks || isForGood) || !isUnsaved()) return true
  if (!confirm(strings.client.leave)) return false
  forgetUnsaved()
  return true
}

// Before the console follows a link.
addEventListener('click', (event) => {
  const anchor = event.target instanceof Element ? event.target.closest('main a[href], header a[href]') : null
  if (!anchor || anchor.target || mayLeave()) return
  event.preventDefault()
  event.stopPropagation()
}, {capture: true})
