// A page that only the tests have, in place of the page of keys: every shared piece, and a change that can fail.
import {strings} from '../strings.js'
import {href} from '../router.js'
import * as ui from '../ui.js'

const {html} = ui
const hostile = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>\u202e javascript:window.hit=1'
export const title = 'Probe'

export const load = async ({api}) => ({
  list: await api.list('/clients', 'clients', {limit: 1}),
  shown: hostile,
  typed: '',
  answer: undefined,
})

export function view(data, {api, act, update, session}) {
  const save = async (event) => {
    event.preventDefault()
    const entered = ui.values(event.target)
    await act(() => api.post('/clients', {name: entered.name}), 'Saved.', {reload: false})
  }
  const ask = async () => {
    data.answer = String(await ui.confirmed({title: 'Delete it?', text: data.shown, confirm: 'Delete', tone: 'bad'}))
    update()
  }
  return ui.page({title, lead: data.shown, back: [href`/clients`, 'Clients'], actions: ui.copyButton(data.shown)}, [
    ui.section('Lists', [
      ui.table({
        caption: 'Clients',
        rows: data.list.rows,
        columns: [
          {title: 'Name', cell: (client) => ui.link(href`/clients/${client.client_id}`, client.name)},
          {title: 'Text', cell: () => data.shown},
          {title: 'Version', kind: 'number', cell: (client) => client.version},
        ],
      }),
      ui.moreButton(data.list, update),
      ui.facts([['Text', data.shown], ['Left out', undefined], ['When', ui.time('2026-03-01T16:30:00Z')], ['Day', ui.time(1772382600, {date: true})],
        ['Never', ui.time(undefined)], ['Id', ui.mono(data.shown)], ['Status', [ui.badge('good', 'good'), ui.badge('bad', 'bad'), ui.badge('plain')]]]),
      ui.note('Careful.', 'warn'),
      ui.table({caption: 'Empty', rows: [], columns: [], empty: 'No rows.'}),
    ], html`<button type="button" @click=${ask}>Delete</button>`),
    ui.section('Form', html`<form @submit=${save}>
      ${ui.field({name: 'name', label: 'Name', required: true, hint: 'As the ministry writes it.', error: data.typed === 'no' ? 'Not this one.' : '', oninput: (event) => {
        data.typed = event.target.value
        update()
      }})}
      ${ui.area({name: 'notes', label: 'Notes'})}
      ${ui.select({name: 'kind', label: 'Kind', value: 'b', options: [['a', 'One'], ['b', 'Two']]})}
      ${ui.group('Scopes', [ui.check({name: 'scope', value: 'x', label: 'X', checked: true}), ui.check({name: 'scope', value: 'y', label: 'Y', hint: 'Rare.'})])}
      <div class="actions"><button class="primary">Save</button></div>
    </form>`),
    html`<p id="probe">${data.answer ?? 'unanswered'} ${session.roles.join(' ')} ${strings.common.none}</p>`,
  ])
}
