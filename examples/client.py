"""Searches, and prints what is found: python3 examples/client.py URL SENDER_ID TYPE VALUE [CALLBACK_URL]

With CALLBACK_URL the search is asynchronous: the acknowledgement is printed, and the answer is sent to that address.
The client authenticates with CLIENT_ID and CLIENT_SECRET from the environment. With KEY_FILE (PEM) and KEY_ID instead
of CLIENT_SECRET, it signs a JWT (private_key_jwt); this needs PyJWT[crypto].
"""

import datetime
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid


def get_token():
    form = {"grant_type": "client_credentials", **credentials()}
    answer = send("/oauth2/client/token", urllib.parse.urlencode(form), "application/x-www-form-urlencoded")
    return answer["access_token"]  # keep it for answer["expires_in"] seconds


def credentials():
    client_id = os.environ["CLIENT_ID"]
    if "KEY_FILE" not in os.environ:
        return {"client_id": client_id, "client_secret": os.environ["CLIENT_SECRET"]}
    return {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(client_id, os.environ["KEY_FILE"], os.environ["KEY_ID"]),
    }


def assertion(client_id, key_file, key_id):
    import jwt
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    with open(key_file, "rb") as opened:
        key = load_pem_private_key(opened.read(), None)
    kind = type(key).__name__
    algorithm = "EdDSA" if "Ed25519" in kind else "RS256" if "RSA" in kind else "ES256"
    audience = f"{url}/oauth2/client/token"
    claims = {"iss": client_id, "sub": client_id, "aud": audience, "exp": int(time.time()) + 60}
    return jwt.encode({**claims, "jti": str(uuid.uuid4())}, key, algorithm, {"kid": key_id})


def search(token, pagination=None, callback_url=None):
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    criteria = {"query_type": "idtype-value", "query": {"type": id_type, "value": value}}
    item = {"reference_id": "1", "timestamp": now, "search_criteria": criteria}
    if pagination:
        criteria["pagination"] = pagination
    header = {"version": "1.0.0", "message_id": str(uuid.uuid4()), "message_ts": now, "action": "search"}
    header |= {"sender_id": sender_id, "total_count": 1, **({"sender_uri": callback_url} if callback_url else {})}
    message = {"header": header, "message": {"transaction_id": str(uuid.uuid4()), "search_request": [item]}}
    path = "/registry/search" if callback_url else "/registry/sync/search"
    return send(path, json.dumps(message), "application/json", Authorization=f"Bearer {token}")


def records(token):
    pagination = {"page_size": 100}
    while pagination:
        answer = search(token, pagination)
        for item in answer["message"]["search_response"]:
            if item["status"] != "succ":
                sys.exit(f"{item.get('status_reason_code')}: {item.get('status_reason_message')}")
            yield from item["data"]["reg_records"]
            cursor = item["pagination"].get("next_cursor")
            pagination = {"page_size": 100, "cursor": cursor} if cursor else None


def send(path, body, content_type, **headers):
    request = urllib.request.Request(f"{url}{path}", body.encode(), {"Content-Type": content_type, **headers})
    for attempt in range(3):
        try:
            with urllib.request.urlopen(request, timeout=40) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code not in {429, 503} or attempt == 2:
                sys.exit(f"{error.code}: {error.read().decode()}")
            time.sleep(int(error.headers.get("Retry-After", 1)))
        except urllib.error.URLError as error:
            sys.exit(f"{url} does not answer: {error.reason}")


if len(sys.argv) not in {5, 6}:
    sys.exit("usage: client.py URL SENDER_ID TYPE VALUE [CALLBACK_URL]")
if "CLIENT_ID" not in os.environ or not {"CLIENT_SECRET", "KEY_FILE"} & os.environ.keys():
    sys.exit("Set CLIENT_ID, and CLIENT_SECRET, or KEY_FILE and KEY_ID.")
url, sender_id, id_type, value, *callback = sys.argv[1:]
access_token = get_token()
if callback:
    print(json.dumps(search(access_token, callback_url=callback[0]), indent=4))
else:
    for record in records(access_token):
        print(json.dumps(record, indent=4, ensure_ascii=False))
