// Logging in as a public client: authorization code with S256 PKCE (RFC 7636), on the page's own origin.
// Tokens stay in this tab's session storage and are gone when it is closed.

const TOKENS = 'explorer.tokens'
const PENDING = 'explorer.pending'

const read = (key) => JSON.parse(sessionStorage.getItem(key) ?? 'null')
const write = (key, value) => sessionStorage.setItem(key, JSON.stringify(value))

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))
const s256 = async (text) =>
  base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))

const pageAddress = () => `${location.origin}${location.pathname}`

async function post(address, form) {
  const answer = await fetch(address, { method: 'POST', body: new URLSearchParams(form) })
  const body = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(body.error_description ?? body.error ?? `HTTP ${answer.status}`)
  return body
}

function keep(answer) {
  const seconds = answer.expires_in ?? 300
  write(TOKENS, {
    access: answer.access_token,
    refresh: answer.refresh_token,
    scopes: (answer.scope ?? '').split(' ').filter(Boolean),
    until: Date.now() + (seconds - 20) * 1000,
  })
}

/** Send the browser to the log-in page, asking for the scopes that the page was configured with. */
export async function logIn({ authorize, client, scopes }) {
  if (!globalThis.crypto?.subtle) throw new Error('登录需要 https 或 localhost。Log in over https or on localhost.')
  const pending = { state: random(), verifier: random() }
  write(PENDING, pending)
  location.assign(
    `${authorize}?${new URLSearchParams({
      response_type: 'code',
      client_id: client,
      redirect_uri: pageAddress(),
      scope: scopes.join(' '),
      state: pending.state,
      code_challenge: await s256(pending.verifier),
      code_challenge_method: 'S256',
    })}`,
  )
}

/** Finish a log-in when the browser comes back with a code; returns why it failed, or null. */
export async function comeBack({ token, client }) {
  const answer = new URLSearchParams(location.search)
  if (!answer.has('state')) return null
  const pending = read(PENDING)
  sessionStorage.removeItem(PENDING)
  history.replaceState(null, '', pageAddress())
  if (pending?.state !== answer.get('state')) return '登录未完成，请重试。Please log in again.'
  if (answer.has('error')) return answer.get('error_description') ?? answer.get('error')
  try {
    const form = { grant_type: 'authorization_code', client_id: client, redirect_uri: pageAddress() }
    keep(await post(token, { ...form, code: answer.get('code'), code_verifier: pending.verifier }))
    return null
  } catch (error) {
    return error.message
  }
}

let renewing = null

/** Return the access token, renewed when it is about to run out; null when nobody is logged in. */
export async function accessToken({ token, client }) {
  const tokens = read(TOKENS)
  if (!tokens || Date.now() < tokens.until) return tokens?.access ?? null
  // Refresh tokens are used once, so requests that come together wait for the same renewal.
  renewing ??= renew({ token, client, refresh: tokens.refresh }).finally(() => { renewing = null })
  return renewing
}

async function renew({ token, client, refresh }) {
  try {
    if (!refresh) throw new Error('no refresh token')
    keep(await post(token, { grant_type: 'refresh_token', client_id: client, refresh_token: refresh }))
    return read(TOKENS).access
  } catch {
    sessionStorage.removeItem(TOKENS)
    return null
  }
}

export const grantedScopes = () => read(TOKENS)?.scopes ?? []
export const isLoggedIn = () => read(TOKENS) !== null

/** Forget the tokens here and tell the server to do so too. */
export async function logOut({ revoke, client }) {
  const tokens = read(TOKENS)
  sessionStorage.clear()
  const last = tokens?.refresh ?? tokens?.access
  if (last) await post(revoke, { client_id: client, token: last }).catch(() => null)
  location.reload()
}
