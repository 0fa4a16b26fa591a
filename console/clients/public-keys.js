// Public keys that a partner sent, as a JWK set: from JWK, JWK sets, and PEM ("BEGIN PUBLIC KEY").

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const IMPORTS = [{name: 'ECDSA', namedCurve: 'P-256'}, {name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256'}]
// The DER of an Ed25519 key is this and 32 bytes (RFC 8410 §4): older browsers cannot import it.
const ED25519 = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]
const PEM = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g

// A text in which there are no public keys; `reason` is "private", "certificate", "unreadable" or "empty".
export class KeyError extends Error {
  constructor(reason) {
    super(reason)
    this.reason = reason
  }
}

// Return the JWK set of a text as JSON, indented. Throws KeyError; what is private is never returned.
export async function publicKeySet(text) {
  const keys = text.includes('-----BEGIN') ? await fromPem(text) : fromJson(text)
  if (keys.length === 0) throw new KeyError('empty')
  if (keys.some((key) => PRIVATE.some((member) => Object.hasOwn(key, member)))) throw new KeyError('private')
  return JSON.stringify({keys}, null, 2)
}

function fromJson(text) {
  let value
  try {
    value = JSON.parse(text)
  } catch {
    throw new KeyError('unreadable')
  }
  const keys = Array.isArray(value) ? value : (value?.keys ?? [value])
  const areKeys = Array.isArray(keys) && keys.every((key) => key && typeof key === 'object' && 'kty' in key)
  if (!areKeys) throw new KeyError('unreadable')
  return keys
}

async function fromPem(text) {
  const found = []
  for (const [, label, base64] of text.matchAll(PEM)) {
    if (label.includes('PRIVATE')) throw new KeyError('private')
    if (label === 'CERTIFICATE') throw new KeyError('certificate')
    if (label !== 'PUBLIC KEY') throw new KeyError('unreadable')
    found.push(await jwkOf(base64))
  }
  if (found.length === 0) throw new KeyError('unreadable')
  return found
}

async function jwkOf(base64) {
  let der
  try {
    der = Uint8Array.from(atob(base64.replace(/\s/g, '')), (character) => character.charCodeAt(0))
  } catch {
    throw new KeyError('unreadable')
  }
  if (der.length === ED25519.length + 32 && ED25519.every((byte, index) => der[index] === byte)) {
    return {kty: 'OKP', crv: 'Ed25519', x: base64url(der.subarray(ED25519.length))}
  }
  for (const algorithm of IMPORTS) {
    try {
      const key = await crypto.subtle.importKey('spki', der, algorithm, true, ['verify'])
      const {kty, crv, x, y, n, e} = await crypto.subtle.exportKey('jwk', key)
      return JSON.parse(JSON.stringify({kty, crv, x, y, n, e}))
    } catch {
      // another kind of key
    }
  }
  throw new KeyError('unreadable')
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
