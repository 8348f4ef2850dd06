// A strict client that we did not write (oauth4webapi, certified for FAPI 2.0) goes the whole way, and says what it got.
// A line of JSON comes in: {issuer, port, algorithm, client, key, resource, scope, machine}. The address for the browser
// goes out as a line, and the address to which the browser was sent back comes in as the next one.
import { createInterface } from 'node:readline/promises'
import * as oauth from 'oauth4webapi'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const read = async () => (await lines.next()).value
const given = JSON.parse(await read())

// The road to this machine; the client itself knows nothing but https.
const road = (address, request) => {
  const url = new URL(address)
  const here = `http://127.0.0.1:${given.port}${url.pathname}${url.search}`
  const headers = new Headers(request.headers)
  headers.set('x-forwarded-host', url.host)
  headers.set('x-forwarded-proto', 'https')
  return fetch(here, { ...request, headers })
}
const options = { [oauth.customFetch]: road }

const issuer = new URL(given.issuer)
const discovered = await oauth.discoveryRequest(issuer, { algorithm: given.algorithm, ...options })
const server = await oauth.processDiscoveryResponse(issuer, discovered)
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
const privateKey = (jwk) => crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign'])
const authentication = async (key) => oauth.PrivateKeyJwt({ key: await privateKey(key), kid: key.kid })

const client = { client_id: given.client }
const proved = await authentication(given.key)
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
const withProof = { DPoP, ...options }

const verifier = oauth.generateRandomCodeVerifier()
const state = oauth.generateRandomState()
const asked = new URLSearchParams({
  response_type: 'code',
  redirect_uri: given.redirect,
  scope: given.scope,
  state,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
})
const pushed = await oauth.pushedAuthorizationRequest(server, client, proved, asked, withProof)
const { request_uri } = await oauth.processPushedAuthorizationResponse(server, client, pushed)

const address = new URL(server.authorization_endpoint)
address.searchParams.set('client_id', given.client)
address.searchParams.set('request_uri', request_uri)
console.log(address.href)
const back = oauth.validateAuthResponse(server, client, new URL(await read()), state)

const answered = await oauth.authorizationCodeGrantRequest(server, client, proved, back, given.redirect, verifier, withProof)
const tokens = await oauth.processAuthorizationCodeResponse(server, client, answered)

const call = async (token) => {
  const { method, url, body } = given.resource
  const headers = new Headers(body ? { 'content-type': 'application/json' } : {})
  const answer = await oauth.protectedResourceRequest(token, method, new URL(url), headers, body, withProof)
  return { status: answer.status, body: await answer.json() }
}
const first = await call(tokens.access_token)

const refreshed = await oauth.refreshTokenGrantRequest(server, client, proved, tokens.refresh_token, withProof)
const renewed = await oauth.processRefreshTokenResponse(server, client, refreshed)
const second = await call(renewed.access_token)

const introspect = async (token) => {
  const answer = await oauth.introspectionRequest(server, client, proved, token, options)
  return oauth.processIntrospectionResponse(server, client, answer)
}
const before = await introspect(renewed.access_token)
const revoked = await oauth.revocationRequest(server, client, proved, tokens.refresh_token, options)
await oauth.processRevocationResponse(revoked)
const after = await introspect(renewed.access_token)
const refusal = await call(renewed.access_token).then(
  (answer) => ({ status: answer.status }),
  (error) => ({ status: error.status, code: error.code, challenges: error.cause }),
)

// An institution, for itself.
let machine = null
if (given.machine) {
  const hospital = { client_id: given.machine.client }
  const form = new URLSearchParams({ scope: given.machine.scope })
  const key = await authentication(given.machine.key)
  const answer = await oauth.clientCredentialsGrantRequest(server, hospital, key, form, withProof)
  machine = await oauth.processClientCredentialsResponse(server, hospital, answer)
}

const thumbprint = await DPoP.calculateThumbprint()
console.log(JSON.stringify({ tokens, first, renewed, second, before, after, refusal, machine, thumbprint }))
process.exit(0)
