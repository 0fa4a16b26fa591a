// The pages of the console by path, below /console. `roles` are those that may use a page: all of them if it is left out.
// `menu` is the text of the page in the menu; `under` is the path of the entry that is marked for a page without one.
// A page is the module pages/NAME.js: see app.js.

import {strings} from './strings.js'

const AUDIT = ['auditor', 'data-officer']
const MANAGERS = ['client-manager']
const RECORDS = ['data-officer']

export const routes = [
  {path: '/', page: 'overview', menu: strings.menu.overview},
  {path: '/clients', page: 'clients', menu: strings.menu.clients},
  {path: '/clients/new', page: 'client-new', under: '/clients', roles: MANAGERS},
  {path: '/clients/:client_id', page: 'client', under: '/clients'},
  {path: '/approvals', page: 'approvals', menu: strings.menu.approvals},
  {path: '/approvals/:approval_id', page: 'approval', under: '/approvals'},
  {path: '/audit', page: 'audit', menu: strings.menu.audit, roles: AUDIT},
  {path: '/records', page: 'records', menu: strings.menu.records, roles: RECORDS},
  {path: '/records/:kind/:id', page: 'record', under: '/records', roles: RECORDS},
  {path: '/log', page: 'log', menu: strings.menu.log},
  {path: '/keys', page: 'keys', menu: strings.menu.keys},
]

const BASE = '/console'
const compiled = routes.map((route) => ({route, pattern: patternOf(route.path)}))

// The route of a location's pathname with its parameters, decoded; null if there is none.
export function find(pathname) {
  const path = pathname.slice(BASE.length).replace(/\/+$/, '') || '/'
  for (const {route, pattern} of compiled) {
    const match = pattern.exec(path)
    if (!match) continue
    try {
      const params = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)])
      return {route, params: Object.fromEntries(params)}
    } catch {
      return null // a percent sign that encodes nothing
    }
  }
  return null
}

// The address of a path of the console, such as href`/clients/${id}`, with what it is given encoded.
export const href = (parts, ...values) =>
  BASE + parts.reduce((text, part, index) => text + encodeURIComponent(values[index - 1]) + part)

// The entries of the menu for a person.
export const menuOf = (session) => routes.filter((route) => route.menu && session.has(...(route.roles ?? [])))

function patternOf(path) {
  return new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`)
}
