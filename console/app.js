// The start of the console: configuration, sign-in, then pages by the address.
//
// A page is a module pages/NAME.js with:
//   export const title = strings.NAME.title                 or a function of what load() returned
//   export async function load(context) -> data             may be left out
//   export function view(data, context) -> TemplateResult   begins with page({title}, ...)
// A page begins to be read at its h1, or at the heading with the attribute data-start.
// and the context {api, session, params, query, navigate, reload, act, update}:
//   query       URLSearchParams of the address; change it with navigate(address, {replace: true})
//   navigate    goes to an address of the console;  reload  reads the data again, and stays
//   update      shows `data` again, which the page may change
//   act(change, done, {reload})  runs a change: change() returns a promise. No button works meanwhile; then it shows the
//               notice `done` (a text, or a function of the result), and reloads unless reload is false. An error is
//               shown above the page: close a dialog first. Returns what change() resolved with, or null after an error.

import {changesAreSent, createApi, ApiError, TIMEOUT_MS} from './api.js'
import {forgetUnsaved, mayLeave} from './clients/unsaved.js'
import {find, menuOf, href} from './router.js'
import {Session, SignInError} from './session.js'
import {showAlone, showSignIn, showWindowDone, signInAgain} from './sign-in.js'
import {strings} from './strings.js'
import {dismissDialog, html, keyed, link, nothing, page, problem, render, toast} from './ui.js'

const root = document.getElementById('app')
const loading = html`<div class="loading" role="status"><h1>${strings.common.loading}</h1></div>`
const state = {session: null, at: null, key: '', body: loading, isBusy: false, isActing: false, error: null, menuIsOpen: false}
let leave = new AbortController() // ends the requests of a page that is left

async function start() {
  render(html`<main>${loading}</main>`, root)
  try {
    const options = {cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS)}
    const config = await (await fetch('/console/config.json', options)).json()
    if (!config.client_id) return showAlone(strings.session.notConfigured, strings.session.notConfiguredText)
    state.session = new Session(config, askAgain, showSignedOut)
    await signInFirst()
  } catch (error) {
    if (error instanceof SignInError) return showSignIn(state.session, error.message)
    showAlone(strings.errors.pageTitle, strings.errors.unreachable, () => location.reload())
  }
}

async function signInFirst() {
  const {session} = state
  const finished = await session.finish()
  if (finished?.target === null) return showWindowDone()
  if (session.isSignedIn) return open()
  if (!finished && !session.wasSignedOut) await session.signIn(here(), true)
  showSignIn(state.session)
}

function open() {
  addEventListener('popstate', goBack)
  addEventListener('beforeunload', (event) => changesAreSent() && event.preventDefault())
  document.addEventListener('click', holdBack, true)
  document.addEventListener('submit', holdBack, true)
  document.addEventListener('click', followLink)
  // A page that could not be read; an error with a message is that of a change, whose form must stay.
  addEventListener('online', () => state.error?.status === 0 && !state.error.message && go())
  go()
}

const here = () => location.pathname + location.search

// Show the page of the address.
async function go({isReload = false} = {}) {
  if (!state.session.isSignedIn) return
  leave.abort()
  leave = new AbortController()
  const {signal} = leave
  const part = document.activeElement?.closest('main section')
  const at = find(location.pathname)
  Object.assign(state, {at, address: here(), isBusy: true, menuIsOpen: false, error: null})
  draw()
  const {body, title} = await shown(at, signal).catch(failed)
  if (signal.aborted) return
  Object.assign(state, {body, key: `${state.session.subject} ${location.pathname}`, isBusy: false})
  document.title = strings.common.pageTitle(title)
  draw()
  if (isReload) return goOn(part)
  scrollTo(0, 0)
  return (root.querySelector('[data-start]') ?? root.querySelector('h1'))?.focus()
}

// Read anew, a page may lack what had the focus: who uses the keyboard goes on at the heading of that part of it.
function goOn(part) {
  if (document.activeElement !== document.body) return
  const heading = (part?.isConnected && part.querySelector('h2')) || root.querySelector('h1')
  heading.tabIndex = -1
  heading.focus({preventScroll: true})
}

async function shown(at, signal) {
  if (!state.session.has()) return plain(strings.noRole.title, strings.noRole.text)
  if (!at) return plain(strings.unknown.title, strings.unknown.text, link(href`/`, strings.unknown.home))
  const needed = at.route.roles ?? []
  if (!state.session.has(...needed)) {
    const named = (roles) => roles.map((role) => strings.roles[role])
    return plain(strings.forbidden.title, strings.forbidden.text(named(needed), named(state.session.roles)), strings.forbidden.hint)
  }
  const module = await import(`./pages/${at.route.page}.js`)
  const context = contextOf(at, signal)
  const data = module.load ? await module.load(context) : {}
  const title = typeof module.title === 'function' ? module.title(data) : module.title
  context.update = () => {
    if (signal.aborted) return
    state.body = module.view(data, context)
    draw()
  }
  return {title, body: module.view(data, context)}
}

function contextOf(at, signal) {
  const context = {
    // When a page is read again, its own requests end. What a person then confirms, in a dialog of before, is sent.
    api: createApi(state.session, () => (context.update ? leave.signal : signal)),
    session: state.session,
    params: at.params,
    query: new URLSearchParams(location.search),
    navigate,
    reload: () => go({isReload: true}),
    act,
  }
  return context
}

const plain = (title, text, more = nothing) =>
  ({title, body: page({title}, html`<p class="lead">${text}</p>${more === nothing ? nothing : html`<p>${more}</p>`}`)})

function failed(error) {
  if (error.name === 'AbortError') return {}
  const title = error.status === 404 ? strings.unknown.title : strings.errors.pageTitle
  state.error = error instanceof ApiError || error instanceof SignInError ? error : unexpected(error)
  const body = page({title}, problem(state.error, () => go()))
  state.error = {status: state.error.status} // shown by the page itself
  return {title, body}
}

function unexpected(error) {
  if (/module/.test(error.message)) return new ApiError(0, '', navigator.onLine ? strings.errors.unreachable : strings.errors.offline)
  console.error(error)
  return new ApiError(-1, '', strings.errors.unexpected)
}

// Back and forward: they dismiss a dialog, which would stay above another page. They do not leave while a change has no
// answer, whose outcome would not be seen, nor out of a form unasked.
function goBack() {
  if (!dismissDialog() && !changesAreSent() && mayLeave()) return go()
  history.pushState(null, '', state.address)
}

function navigate(address, {replace = false} = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', address)
  return go({isReload: replace})
}

function followLink(event) {
  const anchor = event.target.closest?.('a[href]')
  const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
  if (!anchor || !isPlain || event.defaultPrevented || anchor.target || anchor.hasAttribute('download')) return
  if (anchor.origin !== location.origin || !anchor.pathname.startsWith('/console/') || anchor.hash) return
  event.preventDefault()
  navigate(anchor.pathname + anchor.search)
}

async function act(change, done = strings.common.done, {reload = true} = {}) {
  Object.assign(state, {error: null, isActing: true})
  draw()
  try {
    const result = await (typeof change === 'function' ? change() : change)
    const said = typeof done === 'function' ? done(result) : done
    if (said) toast(said)
    state.isActing = false
    if (reload) await go({isReload: true})
    return result
  } catch (error) {
    if (error.name !== 'AbortError') {
      state.error = error instanceof ApiError || error instanceof SignInError ? error : unexpected(error)
      draw()
      root.querySelector('.act-error')?.focus()
    }
    return null
  } finally {
    state.isActing = false
    draw()
  }
}

// While a change runs, no second one starts; the dialog of a session that has ended works.
function holdBack(event) {
  if (!state.isActing || event.target.closest?.('dialog.session')) return
  event.preventDefault()
  event.stopImmediatePropagation()
}

// Let somebody whose session has ended sign in again. Throws where the request that waits for it must not be sent.
async function askAgain() {
  const isSame = await signInAgain(state.session)
  draw()
  if (isSame) return
  forgetUnsaved()
  toast(strings.session.other, 'warn')
  go()
  throw Object.assign(new Error(strings.session.other), {name: 'AbortError'})
}

// What was shown goes at once, also where the provider is slow, and is not seen by the browser's way back.
function signOut() {
  if (!mayLeave({isForGood: true})) return
  clear()
  showAlone(strings.session.title, strings.session.signingOut)
  state.session.signOut()
}

// Somebody has signed out in another window.
function showSignedOut() {
  clear()
  forgetUnsaved()
  showSignIn(state.session)
}

function clear() {
  leave.abort()
  Object.assign(state, {body: nothing, error: null, isActing: false})
  document.getElementById('dialogs').replaceChildren()
}

function draw() {
  if (!state.session.isSignedIn) return
  const {session, at, key, body, isBusy, isActing, error} = state
  render(html`
    <a class="skip" href="#main">${strings.common.skip}</a>
    <header>
      <a class="product" href=${href`/`}>${strings.common.product}</a>
      <button type="button" class="menu-button quiet" aria-expanded=${state.menuIsOpen} aria-controls="menu" @click=${toggleMenu}>${strings.common.menu}</button>
      <nav id="menu" class=${state.menuIsOpen ? 'open' : ''} aria-label=${strings.common.menu}>
        <ul>${menuOf(session).map((entry) => html`<li><a href="/console${entry.path}"
          aria-current=${entry.path === (at?.route.under ?? at?.route.path) ? 'page' : nothing}>${entry.menu}</a></li>`)}</ul>
        <div class="person"><span title=${session.roles.map((role) => strings.roles[role]).join(', ')}>${strings.session.signedInAs(session.name)}</span>
          <button type="button" class="quiet" @click=${signOut}>${strings.session.signOut}</button></div>
      </nav>
    </header>
    <div class="progress ${isBusy || isActing ? 'busy' : ''}" aria-hidden="true"></div>
    <main id="main" tabindex="-1" class=${isActing ? 'acting' : ''} aria-busy=${isBusy || isActing}>
      ${error?.message ? html`<div class="act-error note bad" role="alert" tabindex="-1"><h2>${strings.errors.title}</h2><p>${error.message}</p>
        ${error.retryAfter ? html`<p>${strings.errors.busy(error.retryAfter)}</p>` : nothing}</div>` : nothing}
      ${keyed(key, body)}
    </main>`, root)
}

function toggleMenu() {
  state.menuIsOpen = !state.menuIsOpen
  draw()
}

addEventListener('pageshow', (event) => event.persisted && location.reload())
start()
