// What the OpenID provider's addresses and answers consist of.

import {strings} from './strings.js'

const ANSWER_PARAMETERS = ['code', 'state', 'error', 'error_description', 'error_uri', 'iss', 'session_state']

// A query without the answer of a provider.
export function withoutAnswer(query) {
  const rest = new URLSearchParams(query)
  for (const name of ANSWER_PARAMETERS) rest.delete(name)
  return rest.size ? `?${rest}` : ''
}

// The address that ends the provider's session: by OpenID Connect's names, and by Cognito's.
export function endOf(server, clientId, redirect) {
  const url = new URL(server.end_session_endpoint)
  const parameters = {client_id: clientId, post_logout_redirect_uri: redirect, logout_uri: redirect}
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

// The claims of a JWT, which the API checks; none of an opaque token.
export function claimsOf(token) {
  try {
    const bytes = Uint8Array.from(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0))
    const claims = JSON.parse(new TextDecoder().decode(bytes))
    return claims && typeof claims === 'object' ? claims : {}
  } catch {
    return {} // an opaque token, which the API does not accept either
  }
}

// What the provider said of an error.
export function reasonOf(error) {
  const said = String(error.error_description || error.error || '').slice(0, 300)
  return said || strings.session.refusedUnknown
}
