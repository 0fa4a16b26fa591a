// Verifies an answer of the registry: node examples/verify.mjs DIALECT jwks.json answer.json
//
// DIALECT is openspp2, openg2p or opencrvs; jwks.json is what /.well-known/jwks.json returned. An error says what is
// wrong. A receiver checks the receiver_id and the time too, and that it waits for this answer. Needs Node.js 20.

import { createHash, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { parse, write } from "./forms.mjs";
import { readJwk, verifyJws } from "./jws.mjs";

const FILLED = { version: "1.0.0", total_count: 0, is_msg_encrypted: false, sender_uri: null, meta: null };
const STATUS = { status_reason_code: null, status_reason_message: null, completed_count: 0 };

const [dialect, keySet, file] = process.argv.slice(2);
const published = JSON.parse(readFileSync(keySet)).keys.filter((jwk) => jwk.kid.includes("|")); // others sign tokens
const { signature, header, message } = parse(readFileSync(file, "utf8"));
const content = { header, message };

const DIALECTS = {
  openspp2() {
    const parts = [...signature.matchAll(/(\w+)="([^"]*)"/g)];
    const value = Object.fromEntries(parts.map(([, name, text]) => [name, text]));
    if ("sender_id" in header) content.header = fill(header); // else OpenSPP2 has no filled header: this one is signed
    const form = write(content, { sorted: true, ascii: true });
    const digest = createHash("sha256").update(form).digest("base64");
    const text = `(created): ${value.created}\n(expires): ${value.expires}\ndigest: ${digest}`;
    const signed = Buffer.from(value.signature, "base64");
    if (!verify(null, Buffer.from(text), keyOf(value.kidId), signed)) throw new Error("The signature is not valid.");
  },
  openg2p() {
    // orjson writes the same, but some floats: 1e-7, where this has 1e-07
    const payload = Buffer.from(write(content, { sorted: true })).toString("base64url");
    verifyJws(signature.replace("..", `.${payload}.`), "EdDSA", keyOf);
  },
  opencrvs() {
    const payload = parse(verifyJws(signature, "RS256", keyOf));
    if (write(payload, { sorted: true }) !== write(content, { sorted: true })) {
      throw new Error("The payload is not the header and message of the answer.");
    }
  },
};

function fill(sent) {
  const [, whole, fraction = ""] = /^([^.Z]+)(?:\.(\d+))?Z$/.exec(sent.message_ts);
  const digits = fraction.replace(/0+$/, "");
  const time = `${whole}${digits && `.${digits.padEnd(6, "0")}`}Z`;
  return { ...FILLED, ...("status" in sent ? STATUS : {}), ...sent, message_ts: time };
}

function keyOf(kid) {
  const jwk = published.find((one) => one.kid === kid);
  if (!jwk) throw new Error("No published key has the key id of the signature.");
  return readJwk(jwk);
}

DIALECTS[dialect]();
console.log("valid");
