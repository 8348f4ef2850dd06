// The peer: oidc-provider by the FAPI 2.0 profile, on a free port, with a clock that the tests can put forward.
//   node provider.mjs ISSUER '[{"client_id": …}]' '{"kty": …}'
import { createServer } from 'node:http'

const RealDate = Date
let ahead = 0
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length) super(...given)
    else super(RealDate.now() + ahead)
  }
  static now() {
    return RealDate.now() + ahead
  }
}

const { default: Provider } = await import('oidc-provider')
const [issuer, clients, key] = [process.argv[2], JSON.parse(process.argv[3]), JSON.parse(process.argv[4])]

let answer
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost')
  if (pathname !== '/clock') return answer(request, response)
  ahead += Number(searchParams.get('ahead')) * 1000
  response.end('{}')
})
await new Promise((listening) => server.listen(0, '127.0.0.1', listening))

const algorithms = ['ES256', 'PS256', 'Ed25519']
const provider = new Provider(issuer, {
  clients: clients.map((client) => ({
    ...client,
    response_types: client.grant_types.includes('authorization_code') ? ['code'] : [],
    token_endpoint_auth_method: 'private_key_jwt',
    require_pushed_authorization_requests: true,
    dpop_bound_access_tokens: true,
    id_token_signed_response_alg: 'ES256',
  })),
  jwks: { keys: [key] },
  clientAuthMethods: ['private_key_jwt'],
  enabledJWA: {
    clientAuthSigningAlgValues: algorithms,
    dPoPSigningAlgValues: algorithms,
    idTokenSigningAlgValues: ['ES256'],
  },
  features: {
    dPoP: { enabled: true },
    fapi: { enabled: true, profile: '2.0' },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    devInteractions: { enabled: true },
  },
  claims: { openid: ['sub'], email: ['email'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: 'clerk@example.org' }) }),
  issueRefreshToken: () => true,
  ttl: { AuthorizationCode: 60, AccessToken: 600 },
  renderError: (context, out) => {
    context.type = 'json'
    context.body = out
  },
})
provider.proxy = true
answer = provider.callback()
console.log(JSON.stringify({ port: server.address().port }))
