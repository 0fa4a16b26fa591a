// Signs a message: node examples/sign.mjs DIALECT KEY.pem KEY_ID message.json > signed.json
//
// DIALECT is openspp2, openg2p or opencrvs; message.json has the members header and message. What was hashed or signed
// is printed to stderr, to compare it with what your own software makes of the same message. Needs Node.js 20.

import { createHash, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { parse, write } from "./forms.mjs";
import { readKey, signJws } from "./jws.mjs";

const [dialect, keyFile, keyId, file] = process.argv.slice(2);
const key = readKey(readFileSync(keyFile));
const { header, message } = parse(readFileSync(file, "utf8"));
const content = { header, message };

const DIALECTS = {
  openspp2() {
    const form = shown(write(content, { sorted: true, ascii: true }));
    const digest = createHash("sha256").update(form).digest("base64");
    const created = Math.floor(Date.now() / 1000);
    const text = `(created): ${created}\n(expires): ${created + 300}\ndigest: ${digest}`;
    const signature = sign(null, Buffer.from(text), key).toString("base64");
    return (
      `namespace="dci", kidId="${header.sender_id}|${keyId}|ed25519", algorithm="ed25519", ` +
      `created="${created}", expires="${created + 300}", headers="(created) (expires) digest", signature="${signature}"`
    );
  },
  openg2p() {
    // orjson writes the same, but some floats: 1e-7, where this has 1e-07
    const [protectedHeader, , signature] = signJws(shown(write(content, { sorted: true })), key, keyId);
    return `${protectedHeader}..${signature}`;
  },
  opencrvs() {
    return signJws(shown(write(content)), key, keyId).join(".");
  },
};

function shown(form) {
  console.error(form);
  return form;
}

console.log(write({ signature: DIALECTS[dialect](), ...content }));
