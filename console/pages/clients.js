import {strings} from '../strings.js'
import {href} from '../router.js'
import {badge, link, mono, moreButton, page, table, time} from '../ui.js'

const text = strings.clients
export const title = text.title

export const load = async ({api, query}) => ({list: await api.list('/clients', 'clients', {status: query.get('status')})})

export const view = ({list}, {update}) => page({title}, [
  table({
    caption: title,
    rows: list.rows,
    key: (client) => client.client_id,
    empty: text.empty,
    columns: [
      {title: text.name, cell: (client) => link(href`/clients/${client.client_id}`, client.name)},
      {title: text.sender, cell: (client) => mono(client.sender_id)},
      {title: text.status, cell: ({status}) => badge(text[status] ?? status, status === 'enabled' ? 'good' : 'bad')},
      {title: text.updated, cell: (client) => time(client.updated)},
    ],
  }),
  moreButton(list, update),
])
