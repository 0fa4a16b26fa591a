// Searches, and prints what is found: node examples/client.mjs URL SENDER_ID TYPE VALUE [CALLBACK_URL]
//
// With CALLBACK_URL the search is asynchronous: the acknowledgement is printed, and the answer is sent to that address.
// The client authenticates with CLIENT_ID and CLIENT_SECRET from the environment. With KEY_FILE (PEM) and KEY_ID
// instead of CLIENT_SECRET, it signs a JWT (private_key_jwt). Needs Node.js 20, and no packages.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { readKey, signJws } from "./jws.mjs";

const [url, senderId, idType, value, callbackUrl] = process.argv.slice(2);
const { CLIENT_ID, CLIENT_SECRET, KEY_FILE, KEY_ID } = process.env;

async function getToken() {
  const form = new URLSearchParams({ grant_type: "client_credentials", ...credentials() });
  const answer = await send("/oauth2/client/token", form.toString(), "application/x-www-form-urlencoded");
  return answer.access_token; // keep it for answer.expires_in seconds
}

function credentials() {
  if (!KEY_FILE) return { client_id: CLIENT_ID, client_secret: CLIENT_SECRET };
  const exp = Math.floor(Date.now() / 1000) + 60;
  const claims = { iss: CLIENT_ID, sub: CLIENT_ID, aud: `${url}/oauth2/client/token`, exp, jti: randomUUID() };
  return {
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: signJws(JSON.stringify(claims), readKey(readFileSync(KEY_FILE)), KEY_ID).join("."),
  };
}

function search(token, { pagination, callbackUrl } = {}) {
  const now = new Date().toISOString();
  const criteria = { query_type: "idtype-value", query: { type: idType, value }, pagination };
  const message = {
    header: {
      version: "1.0.0",
      message_id: randomUUID(),
      message_ts: now,
      action: "search",
      sender_id: senderId,
      sender_uri: callbackUrl,
      total_count: 1,
    },
    message: {
      transaction_id: randomUUID(),
      search_request: [{ reference_id: "1", timestamp: now, search_criteria: criteria }],
    },
  };
  const path = callbackUrl ? "/registry/search" : "/registry/sync/search";
  return send(path, JSON.stringify(message), "application/json", { Authorization: `Bearer ${token}` });
}

async function* records(token) {
  for (let pagination = { page_size: 100 }; pagination; ) {
    const answer = await search(token, { pagination });
    const [item] = answer.message.search_response;
    if (item.status !== "succ") throw new Error(`${item.status_reason_code}: ${item.status_reason_message}`);
    yield* item.data.reg_records;
    const cursor = item.pagination.next_cursor;
    pagination = cursor && { page_size: 100, cursor };
  }
}

async function send(path, body, contentType, headers = {}) {
  for (let attempt = 1; ; attempt++) {
    const request = { method: "POST", body, headers: { "Content-Type": contentType, ...headers } };
    const response = await fetch(url + path, { ...request, signal: AbortSignal.timeout(40_000) });
    if (response.ok) return response.json();
    if (![429, 503].includes(response.status) || attempt === 3) {
      throw new Error(`${response.status}: ${await response.text()}`);
    }
    await pause(1000 * Number(response.headers.get("Retry-After") ?? 1));
  }
}

try {
  if (!value) throw new Error("usage: client.mjs URL SENDER_ID TYPE VALUE [CALLBACK_URL]");
  if (!CLIENT_ID || !(CLIENT_SECRET || KEY_FILE)) throw new Error("Set CLIENT_ID, and CLIENT_SECRET, or KEY_FILE and KEY_ID.");
  const token = await getToken();
  if (callbackUrl) {
    console.log(JSON.stringify(await search(token, { callbackUrl }), null, 4));
  } else {
    for await (const record of records(token)) console.log(JSON.stringify(record, null, 4));
  }
} catch (error) {
  console.error(error.cause?.message ?? error.message);
  process.exitCode = 1;
}
