// The registration of a client in steps, each with its own address. What was entered stays in memory until it is
// registered or discarded, also when another page is looked at meanwhile.

import {href} from '../router.js'
import {strings} from '../strings.js'
import {confirmed, facts, html, link, note, nothing, page} from '../ui.js'
import {addressOf} from '../clients/address.js'
import {clientOf, newClientOf} from '../clients/draft.js'
import {PARTS, fieldsOf, focusError, isChanged, isComplete, newForm, partOf, readKeys, showError} from '../clients/form.js'
import {preview} from '../clients/preview.js'
import {handOver, showSecret} from '../clients/secret-steps.js'
import {keepUnsaved} from '../clients/unsaved.js'
import {factsOf} from '../clients/values.js'
import {waitingText} from '../clients/waiting.js'

const text = strings.newClient
const STEPS = [...PARTS, 'review']
const ADDRESS = href`/clients/new`
let form = newForm()
let shown = {} // the preview
let owner = '' // who entered it

export const title = ({step}) => text.titleOf(text.steps[step])

export function load({query, session}) {
  if (owner !== session.subject) forget() // somebody else has signed in
  owner = session.subject
  const isStep = STEPS.includes(query.get('step')) && isChanged(form) // nothing is entered after the registration, by Back
  const step = isStep ? query.get('step') : STEPS[0]
  keepUnsaved(() => isChanged(form), {atLinks: false})
  return {step, isStep, result: null}
}

export function view(data, context) {
  const {step, result} = data
  if (result) return (result.status === 202 ? waiting : registered)(result.body, context)
  const number = STEPS.indexOf(step) + 1
  return page({title: text.title, lead: text.intro, back: [href`/clients`, strings.client.back], actions: discardButton(context)}, html`
    <nav class="sections" aria-label=${text.stepsLabel}><ol>${STEPS.map((one) => html`
      <li><a href=${isChanged(form) ? addressOfStep(one) : nothing} aria-current=${one === step ? 'step' : nothing}>${text.steps[one]}</a></li>`)}</ol></nav>
    <section>
      <div class="heading"><h2 tabindex="-1" ?data-start=${data.isStep}>${text.steps[step]} <span class="hint">${text.step(number, STEPS.length)}</span></h2></div>
      ${step === 'review' ? review(data, context) : fields(step, context)}
    </section>`)
}

const addressOfStep = (step) => `${ADDRESS}?step=${step}`
const go = (context, index) => context.navigate(addressOfStep(STEPS[index]))

function discardButton(context) {
  if (!isChanged(form)) return nothing
  const discard = async () => {
    if (!(await confirmed({title: text.discardTitle, text: text.discardText, confirm: text.discard, tone: 'bad'}))) return
    forget()
    context.navigate(ADDRESS)
  }
  return html`<button type="button" @click=${discard}>${text.discard}</button>`
}

function forget() {
  form = newForm()
  shown = {}
}

function fields(step, context) {
  const index = STEPS.indexOf(step)
  const next = async (event) => {
    event.preventDefault()
    if (isComplete(step, form) && (step !== 'keys' || (await readKeys(form)))) return go(context, index + 1)
    context.update()
    return focusError()
  }
  const inputs = fieldsOf(step, form, context.update)
  return html`<form class=${step === 'disclosure' ? 'wide' : ''} @submit=${next}>
    <p class="hint">${text.explained[step]}</p>
    ${step === 'disclosure' ? html`<div class="columns"><div>${inputs}</div>${preview(shown, form.draft, context)}</div>` : inputs}
    ${actions(index, context, html`<button class="primary">${text.next}</button>`)}
  </form>`
}

const actions = (index, context, button) => html`<div class="actions">${button}
  ${index > 0 ? html`<button type="button" @click=${() => go(context, index - 1)}>${text.back}</button>` : nothing}</div>`

function review(data, context) {
  const client = clientOf(form.draft)
  const submit = (event) => {
    event.preventDefault()
    register(data, context)
  }
  return html`<form class="wide" @submit=${submit}>
    <p class="hint">${text.review} ${text.waits}</p>
    ${PARTS.map((part) => html`<h3>${text.steps[part]}</h3>${facts(factsOf(part, client))}`)}
    ${actions(STEPS.length - 1, context, html`<button class="primary">${text.register}</button>`)}
  </form>`
}

async function register(data, context) {
  for (const part of PARTS) {
    if (!isComplete(part, form) || (part === 'keys' && !(await readKeys(form)))) return backTo(part, context)
  }
  const result = await context.act(() => context.api.send('POST', '/clients', {json: newClientOf(form.draft)}).catch(answerTo), '', {reload: false})
  if (result === null) return
  if (result.invalid) return backTo(partOf(result.invalid), context)
  forget()
  data.result = result
  context.update()
  scrollTo(0, 0)
  return document.querySelector('main h1')?.focus()
}

// Put an error beside its field. Throws those that are not about a field.
function answerTo(error) {
  const member = error.status === 400 || error.status === 409 ? showError(form, error) : undefined
  if (!member) throw error
  return {invalid: member}
}

async function backTo(part, context) {
  const {errors} = form
  await context.navigate(addressOfStep(part))
  form.errors = errors
  focusError()
}

function registered({client_secret: secret, ...client}, context) {
  const words = text.created
  const toClient = () => context.navigate(addressOf(client, {section: 'secrets'}))
  const makeLink = () => handOver(client, {...context, reload: toClient}, {old_expires_in: 0})
  const show = async () => {
    await showSecret(client.client_id, secret)
    toClient()
  }
  return page({title: words.title(client.name)}, html`
    <p class="lead">${words.text}</p>
    <div class="actions"><button type="button" class="primary" @click=${makeLink}>${words.handOver}</button>
      <button type="button" @click=${show}>${words.show}</button>
      <a class="button" href=${addressOf(client)}>${words.skip}</a></div>
    <p class="hint">${words.skipText}</p>`)
}

const waiting = (approval) => page({title: text.waiting.title(approval.name)}, html`
  ${note(html`${waitingText(approval)}<p>${text.waiting.text}</p>
    <p>${link(href`/approvals/${approval.approval_id}`, text.waiting.link)}</p>`, 'warn')}
  <p>${link(href`/clients`, text.waiting.after)}</p>`)
