// The log of a client, which outlives it.

import {path} from '../api.js'
import {strings} from '../strings.js'
import {html, moreButton, section} from '../ui.js'
import {logEntries} from '../officers/log_entries.js'

export const load = async ({api}, {client_id: id}) => ({list: await api.list(path`/clients/${id}/log`, 'entries')})

export const view = ({own: {list}}, {update}) => section(strings.client.sections.log, html`
  ${logEntries(list.rows, {isOfOne: true})}
  ${moreButton(list, update)}`)
