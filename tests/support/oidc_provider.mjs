// An organisation's OpenID provider: npm's oidc-provider, with two people who are signed in by their name, and no log.
// Arguments: where oidc-provider is, the redirect URI of the one application, and the audience of its access tokens.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';

const [, , module, redirectUri, audience] = process.argv;
const { Provider } = await import(module);
const people = { amina: { name: 'Amina Diallo', groups: ['auditor'] }, bayani: { name: 'Bayani Santos', groups: ['client-manager'] } };
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const http = createServer();
await new Promise((ready) => http.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${http.address().port}`;
const api = { scope: 'administration', audience, accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg: 'ES256' } } };
const provider = new Provider(issuer, {
  clients: [{
    client_id: 'dci', token_endpoint_auth_method: 'none', redirect_uris: [redirectUri], response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'], id_token_signed_response_alg: 'ES256',
  }],
  jwks: { keys: [{ ...key, kid: 'first', use: 'sig', alg: 'ES256' }] },
  cookies: { keys: ['only for tests'] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  extraTokenClaims: (_, token) => people[token.accountId],
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true },
    resourceIndicators: { enabled: true, useGrantedResource: () => true, defaultResource: () => audience, getResourceServerInfo: () => api },
  },
  interactions: { url: (_, interaction) => `/choose/${interaction.uid}` },
  async loadExistingGrant(context) { // nobody is asked for consent
    const { client, session, provider: own } = context.oidc;
    const grant = new own.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid offline_access');
    grant.addResourceScope(audience, 'administration');
    await grant.save();
    return grant;
  },
});
const answer = provider.callback();
http.on('request', async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, issuer);
  if (!pathname.startsWith('/choose/')) return answer(request, response);
  return provider.interactionFinished(request, response, { login: { accountId: searchParams.get('as') } });
});
console.log(issuer);
