// The client of the API, at the origin that served this page.
//
//   const api = createApi(session, signal)            signal() returns what ends requests that only read
//   await api.get('/clients', {limit: 50})            the JSON of the answer
//   await api.post('/clients', body)                  likewise; also patch(path, body, {etag}) and delete(path, {etag})
//   await api.send(method, path, {query, json, etag, accept})   {status, body, etag, headers}; 202 is a change that waits
//   await api.list('/clients', 'clients', {status})   a CursorList: its rows, and more() for the next page
//   await api.all('/approvals', 'approvals', query, most)   the rows of all pages, at most `most`
//
// Paths are built with path`/clients/${id}`, which encodes. Each raises ApiError {status, code, message, retryAfter};
// status 0 is an API that does not answer, or not in time. An answer of 401 asks for a new sign-in, keeps the page, and
// sends again.
//
// Requests that only read end with their page. A change that was sent goes on, because ending it would not undo it:
// changesAreSent() says whether one has no answer yet. Where an answer is missing, the error says that it is not known
// whether the change was made. A page that was read again meanwhile is still the same.

import {strings} from './strings.js'

export const TIMEOUT_MS = 35_000 // of a request: API Gateway itself answers within 30 seconds

export class ApiError extends Error {
  constructor(status, code, message, retryAfter = 0) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.retryAfter = retryAfter
  }
}

export const path = (parts, ...values) =>
  parts.reduce((text, part, index) => text + encodeURIComponent(values[index - 1]) + part)

let sent = 0 // changes that have no answer yet

export const changesAreSent = () => sent > 0

export function createApi(session, signal) {
  const page = `${session.subject} ${location.pathname}`
  const isLeft = () => page !== `${session.subject} ${location.pathname}`

  async function send(method, where, {query = {}, json, etag, accept = 'application/json'} = {}) {
    const headers = {Accept: accept}
    if (json !== undefined) headers['Content-Type'] = 'application/json'
    if (etag) headers['If-Match'] = etag
    const url = where + queryText(query)
    const options = {method, headers, body: json === undefined ? undefined : JSON.stringify(json)}
    const attempt = method === 'GET' ? read : change
    const token = await session.token()
    try {
      return await attempt(url, options, token)
    } catch (error) {
      if (error.status !== 401) throw error
    }
    return attempt(url, options, await session.renewed())
  }

  const read = (url, options, token) => answered(url, options, token, [isLeft() ? AbortSignal.abort() : signal()])

  async function change(url, options, token) {
    if (isLeft()) throw new ApiError(0, '', strings.errors.leftChange)
    if (!navigator.onLine) throw new ApiError(0, '', strings.errors.offlineChange)
    sent += 1
    try {
      return await answered(url, options, token)
    } catch (error) {
      if (error.status !== 0 && !(error.status >= 500)) throw error
      const message = error.status ? error.message : strings.errors.noAnswer
      throw new ApiError(error.status, error.code, `${message} ${strings.errors.unknownOutcome}`, error.retryAfter)
    } finally {
      sent -= 1
    }
  }

  return {
    send,
    get: async (where, query) => (await send('GET', where, {query})).body,
    post: async (where, json, options = {}) => (await send('POST', where, {json, ...options})).body,
    patch: async (where, json, options = {}) => (await send('PATCH', where, {json, ...options})).body,
    delete: async (where, options = {}) => (await send('DELETE', where, options)).body,
    list: (where, member, query = {}) => new CursorList(send, where, member, query).more(),
    async all(where, member, query = {}, most = 1000) {
      const list = await this.list(where, member, {limit: 100, ...query})
      while (list.hasMore && list.rows.length < most) await list.more()
      return list.rows.slice(0, most)
    },
  }
}

// A list that the API returns in pages: `rows` so far, `hasMore`, `body` of the last answer. more() appends a page.
export class CursorList {
  constructor(send, where, member, query) {
    Object.assign(this, {rows: [], hasMore: true, isBusy: false, body: {}, _next: ''})
    this._page = (next) => send('GET', where, {query: {limit: 50, ...query, ...(next && {next})}})
    this._member = member
  }

  async more() {
    this.isBusy = true
    try {
      this.body = (await this._page(this._next)).body
      this.rows.push(...this.body[this._member])
      this._next = this.body.next ?? ''
      this.hasMore = this._next !== ''
    } finally {
      this.isBusy = false
    }
    return this
  }
}

// The answer to a request, which ends with its time, or with one of the signals.
async function answered(url, options, token, signals = []) {
  let response
  try {
    response = await fetch(url, {
      ...options,
      signal: AbortSignal.any([...signals, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: {...options.headers, Authorization: `Bearer ${token}`},
      cache: 'no-store',
      redirect: 'error',
      credentials: 'same-origin', // a certificate of the browser, with mutual TLS; the API sets no cookie
    })
  } catch (error) {
    throw connectionError(error)
  }
  return answerOf(response)
}

async function answerOf(response) {
  const isJson = /\bjson\b/.test(response.headers.get('Content-Type') ?? '')
  let body
  try {
    body = isJson ? await response.json() : await response.text()
  } catch (error) {
    throw connectionError(error)
  }
  if (!response.ok) throw errorOf(response, isJson ? body : {})
  return {status: response.status, body, etag: response.headers.get('ETag') ?? '', headers: response.headers}
}

// The error of a request that has no answer. That of one that ended with its page stays as it is.
function connectionError(error) {
  if (error.name === 'AbortError') return error
  const words = strings.errors
  if (error.name === 'TimeoutError') return new ApiError(0, '', words.timedOut(TIMEOUT_MS / 1000))
  return new ApiError(0, '', navigator.onLine ? words.unreachable : words.offline)
}

function errorOf(response, body) {
  const said = body?.errors?.[0] ?? {}
  const message = typeof said.message === 'string' ? said.message : strings.errors.noWords(response.status)
  return new ApiError(response.status, said.code ?? '', message, Number(response.headers.get('Retry-After')) || 0)
}

function queryText(query) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '')
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return text ? `?${text}` : ''
}
