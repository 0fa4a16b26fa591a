import {href} from '../router.js'

// The address of a part of a client's page, with what it shows.
export function addressOf({client_id: id}, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value)
  return href`/clients/${id}` + (given.length ? `?${new URLSearchParams(given)}` : '')
}
