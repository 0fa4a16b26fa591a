// Who is signed in: the authorization code flow with PKCE, at the OpenID provider of the deployment.
//
// Tokens are in memory alone: a reload signs in again, by the provider's own session and without a page. The state, the
// nonce and the verifier of the one sign-in that is under way are in sessionStorage until its answer is here.
// The roles are read from the access token to show what a person may use. The API decides what they may do.

import * as oauth from './vendor/oauth4webapi-3.8.8/index.js'
import {ApiError, TIMEOUT_MS} from './api.js'
import {claimsOf, endOf, reasonOf, withoutAnswer} from './provider.js'
import {strings} from './strings.js'

export const ROLES = ['auditor', 'client-manager', 'approver', 'data-officer']
const FLOW = 'dci-console-sign-in'
const SIGNED_OUT = 'dci-console-signed-out'
const NAMES = ['name', 'preferred_username', 'username', 'email', 'sub']
const EARLY_MS = 30_000 // before its end, a token is renewed
const ANSWER_MS = 5_000 // in which the window that asked takes the answer of another one
const REVOCATION_MS = 5_000 // for which signing out waits

export class SignInError extends Error {}

export class Session {
  // `ended` shows the dialog of a session that has ended, and resolves when signInAgain() did. `left` is called when
  // somebody signs out in another window of the console: the tokens of this one are forgotten.
  constructor(config, ended, left) {
    Object.assign(this, {config, roles: [], name: '', subject: '', isSignedIn: false})
    this._ended = ended
    this._windows = new BroadcastChannel(SIGNED_OUT)
    this._windows.onmessage = () => {
      if (!this.isSignedIn) return
      this._revoke(this._forget()).catch(() => {})
      left()
    }
    this._client = {client_id: config.client_id, [oauth.clockTolerance]: 60}
    // HTTP is for a provider of this machine, which `dci serve` has.
    const isLocal = config.issuer.startsWith('http:')
    this._options = {[oauth.allowInsecureRequests]: isLocal, signal: () => AbortSignal.timeout(TIMEOUT_MS)}
    this._redirect = `${location.origin}/console/`
  }

  // Whether one of the roles is theirs. Without roles: whether they have any.
  has(...roles) {
    return roles.length ? roles.some((role) => this.roles.includes(role)) : this.roles.length > 0
  }

  get wasSignedOut() {
    return sessionStorage.getItem(SIGNED_OUT) !== null
  }

  // The access token, renewed if it is about to end.
  async token() {
    if (!this._tokens) throw new ApiError(401, '', strings.session.endedError)
    return this._tokens.ends - Date.now() > EARLY_MS ? this._tokens.access : this.renewed()
  }

  // A new access token: by the refresh token, or else when the person has signed in again.
  async renewed() {
    this._renewing ??= this._renew().finally(() => (this._renewing = undefined))
    await this._renewing
    return this._tokens.access
  }

  async _renew() {
    if (this._tokens.refresh) {
      try {
        const server = await this._server()
        const before = this._tokens
        const sent = await oauth.refreshTokenGrantRequest(server, this._client, oauth.None(), before.refresh, this._options)
        const answer = await oauth.processRefreshTokenResponse(server, this._client, sent)
        const isSame = claimsOf(answer.access_token).sub === this.subject
        if (isSame && this._tokens === before) return void this._keep(answer, before)
      } catch (error) {
        if (isNetwork(error)) throw new ApiError(0, '', strings.session.providerAway)
      }
    }
    if (!this._tokens) throw new ApiError(401, '', strings.session.endedError) // signed out meanwhile
    await this._ended()
  }

  // Leave the page for the provider, and come back to `target`, a path of the console. Raises SignInError.
  // A silent sign-in shows no page of the provider: a person without a session there comes back signed out.
  async signIn(target, isSilent = false) {
    const flow = await this._flow(isSilent ? {prompt: 'none'} : {})
    const {state, nonce, verifier} = flow
    sessionStorage.setItem(FLOW, JSON.stringify({state, nonce, verifier, target, isSilent}))
    location[isSilent ? 'replace' : 'assign'](flow.url) // the browser's way back leads out of the console
    await new Promise(() => {}) // the page ends
  }

  // Take the provider's answer out of the address, if it is there, and sign in with it.
  // Returns null without one, else {target}; target is null in a window that another one opened for this.
  async finish() {
    const answer = new URLSearchParams(location.search)
    if (!answer.has('state') || !(answer.has('code') || answer.has('error'))) return null
    const flow = JSON.parse(sessionStorage.getItem(FLOW) ?? 'null')
    if (flow?.state !== answer.get('state')) {
      history.replaceState(null, '', location.pathname + withoutAnswer(answer))
      if (await handedOver(answer)) return {target: null}
      throw new SignInError(strings.session.notStarted)
    }
    sessionStorage.removeItem(FLOW)
    history.replaceState(null, '', flow.target)
    try {
      this._keep(await this._exchanged(answer, flow))
      sessionStorage.removeItem(SIGNED_OUT)
    } catch (error) {
      if (!flow.isSilent) throw error
    }
    return {target: flow.target}
  }

  // Prepare a sign-in in a window of its own: {open(), done}. open() is for a click; it returns false where the
  // browser blocks windows. `done` resolves with whether it is the same person. The page stays as it is.
  async again() {
    const flow = await this._flow({})
    const channel = new BroadcastChannel(FLOW)
    const earlier = this.subject
    const done = new Promise((resolve, reject) => {
      channel.onmessage = ({data}) => {
        const answer = new URLSearchParams(data.answer ?? '')
        if (answer.get('state') !== flow.state) return
        channel.postMessage({taken: flow.state})
        channel.close()
        this._exchanged(answer, flow).then((tokens) => resolve(this._keep(tokens).subject === earlier), reject)
      }
    })
    return {done, close: () => channel.close(), open: () => window.open(flow.url, '_blank', 'popup,width=520,height=680') !== null}
  }

  // Sign out, in all windows of the console in this browser: forget everything, revoke the refresh token, and end the
  // provider's session where it has an address for that.
  async signOut() {
    const refresh = this._forget()
    this._windows.postMessage('')
    let next = '/console/'
    try {
      const server = await this._server()
      if (server.end_session_endpoint) next = endOf(server, this.config.client_id, this._redirect)
      await this._revoke(refresh)
    } catch {} // the tokens are forgotten here, and end by themselves
    location.replace(next)
    await new Promise(() => {})
  }

  // Forget the tokens; returns the refresh token, which is to be revoked.
  _forget() {
    const {refresh} = this._tokens ?? {}
    Object.assign(this, {_tokens: undefined, roles: [], name: '', isSignedIn: false})
    sessionStorage.setItem(SIGNED_OUT, '1')
    return refresh
  }

  async _revoke(refresh) {
    const server = await this._server()
    if (!refresh || !server.revocation_endpoint) return
    const options = {...this._options, signal: AbortSignal.timeout(REVOCATION_MS)}
    await oauth.revocationRequest(server, this._client, oauth.None(), refresh, options)
  }

  async _flow(further) {
    const server = await this._server()
    const [state, nonce, verifier] = [oauth.generateRandomState(), oauth.generateRandomNonce(), oauth.generateRandomCodeVerifier()]
    const url = new URL(server.authorization_endpoint)
    const parameters = {
      response_type: 'code',
      client_id: this.config.client_id,
      redirect_uri: this._redirect,
      scope: this.config.scopes,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(this.config.resource && {resource: this.config.resource}),
      ...further,
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    return {state, nonce, verifier, url: url.href}
  }

  async _exchanged(answer, {state, nonce, verifier}) {
    try {
      const server = await this._server()
      const parameters = oauth.validateAuthResponse(server, this._client, answer, state)
      const options = {...this._options, additionalParameters: this.config.resource ? {resource: this.config.resource} : {}}
      const sent = await oauth.authorizationCodeGrantRequest(
        server, this._client, oauth.None(), parameters, this._redirect, verifier, options)
      return await oauth.processAuthorizationCodeResponse(server, this._client, sent, {expectedNonce: nonce, requireIdToken: true})
    } catch (error) {
      if (error instanceof SignInError) throw error
      if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
        throw new SignInError(strings.session.refusedText(reasonOf(error)))
      }
      throw new SignInError(isNetwork(error) ? strings.session.providerAway : strings.session.invalid)
    }
  }

  // Keep the tokens of an answer. A renewal may leave out the refresh token and the ID token: `before` has the same
  // person's. After a sign-in nothing is kept of before, which may be another person's.
  _keep(answer, before = {}) {
    const access = answer.access_token
    const person = oauth.getValidatedIdTokenClaims(answer) ?? before.person ?? {}
    const claims = {...person, ...claimsOf(access)}
    const ends = Date.now() + (answer.expires_in ?? 300) * 1000
    this._tokens = {access, refresh: answer.refresh_token ?? before.refresh, person, ends}
    const groups = claims[this.config.groups_claim]
    this.roles = Array.isArray(groups) ? ROLES.filter((role) => groups.includes(role)) : []
    this.name = String(NAMES.map((name) => claims[name]).find((value) => typeof value === 'string' && value) ?? '')
    this.subject = String(claims.sub ?? '')
    this.isSignedIn = true
    return this
  }

  async _server() {
    this._discovered ??= this._discover().catch((error) => {
      this._discovered = undefined
      throw new SignInError(isNetwork(error) ? strings.session.providerAway : strings.session.invalid)
    })
    return this._discovered
  }

  async _discover() {
    const issuer = new URL(this.config.issuer)
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, {...this._options, algorithm: 'oidc'}))
  }
}

// Hand the answer to the window that asked for it, which has the verifier. Returns whether one has taken it.
async function handedOver(answer) {
  const channel = new BroadcastChannel(FLOW)
  const taken = new Promise((resolve) => {
    channel.onmessage = ({data}) => data.taken === answer.get('state') && resolve(true)
    setTimeout(() => resolve(false), ANSWER_MS)
  })
  channel.postMessage({answer: answer.toString()})
  return taken.finally(() => channel.close())
}

// Whether the provider did not answer, or with an error of its own.
function isNetwork(error) {
  if ([error, error.cause].some((one) => one?.name === 'TimeoutError')) return true // the cause: while the answer was read
  return (error instanceof TypeError && !error.code) || error.cause?.status >= 500 || (error instanceof SignInError && error.message === strings.session.providerAway)
}
