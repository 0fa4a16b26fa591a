// A peer of our token endpoint: npm's oidc-provider, with its clients in memory and no log.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const issuer = process.env.PEERS_ISSUER;
const { client_id, client_secret, scope } = JSON.parse(process.env.PEERS_CLIENT);
const server = { audience: issuer, scope, accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'ES256' } } };
const provider = new Provider(issuer, {
  clients: [{
    client_id, client_secret, scope, grant_types: ['client_credentials'], response_types: [], redirect_uris: [],
    token_endpoint_auth_method: 'client_secret_post', id_token_signed_response_alg: 'ES256',
  }],
  jwks: { keys: [JSON.parse(process.env.PEERS_PRIVATE_KEY)] },
  cookies: { keys: ['no cookie is set'] },
  routes: { token: '/oauth2/client/token' },
  scopes: scope.split(' '),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: { enabled: true, defaultResource: () => issuer, getResourceServerInfo: () => server },
  },
});
const http = createServer(provider.callback());
http.keepAliveTimeout = 600_000;
http.listen(Number(process.argv[2]), '127.0.0.1');
