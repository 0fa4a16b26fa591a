// JSON Web Signatures, and keys, by Node's own crypto.

import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";

const HASH = { EdDSA: null, ES256: "sha256", RS256: "sha256" };
const TYPE = { EdDSA: "ed25519", ES256: "ec", RS256: "rsa" };

export const readKey = (pem) => createPrivateKey(pem);

export const readJwk = (jwk) => createPublicKey({ key: jwk, format: "jwk" });

export const algorithmOf = (key) => Object.keys(TYPE).find((name) => TYPE[name] === key.asymmetricKeyType);

export function signJws(payload, key, kid) {
  const alg = algorithmOf(key);
  const protectedHeader = base64url(JSON.stringify({ alg, kid }));
  const input = `${protectedHeader}.${base64url(payload)}`;
  const signature = sign(HASH[alg], Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  return [...input.split("."), signature.toString("base64url")];
}

// Returns the payload as text. `keyOf` returns the public key that a key id names; `alg` is the only one accepted.
export function verifyJws(jws, alg, keyOf) {
  const [protectedHeader, payload, signature] = jws.split(".");
  const header = JSON.parse(Buffer.from(protectedHeader, "base64url"));
  const key = keyOf(header.kid);
  if (header.alg !== alg || algorithmOf(key) !== alg) throw new Error(`The algorithm is not ${alg}.`);
  const input = Buffer.from(`${protectedHeader}.${payload}`);
  const options = { key, dsaEncoding: "ieee-p1363" };
  if (!verify(HASH[alg], input, options, Buffer.from(signature, "base64url"))) {
    throw new Error("The signature is not valid.");
  }
  return Buffer.from(payload, "base64url").toString();
}

const base64url = (text) => Buffer.from(text).toString("base64url");
