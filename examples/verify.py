"""Verifies an answer of the registry: python3 examples/verify.py DIALECT jwks.json answer.json

DIALECT is openspp2, openg2p or opencrvs; jwks.json is what /.well-known/jwks.json returned. Needs PyJWT[crypto]. An
exception says what is wrong. A receiver checks the receiver_id and the time too, and that it waits for this answer.
"""

import base64
import hashlib
import json
import re
import sys

import jwt

FILLED = {"version": "1.0.0", "total_count": 0, "is_msg_encrypted": False, "sender_uri": None, "meta": None}
STATUS = {"status_reason_code": None, "status_reason_message": None, "completed_count": 0}


def openspp2(signature, content):
    value = dict(re.findall(r'(\w+)="([^"]*)"', signature))
    if "sender_id" in content["header"]:  # else OpenSPP2 has no filled header, and this one is signed
        content["header"] = fill(content["header"])
    form = json.dumps(content, sort_keys=True, separators=(",", ":"))
    digest = base64.b64encode(hashlib.sha256(form.encode()).digest()).decode()
    text = f"(created): {value['created']}\n(expires): {value['expires']}\ndigest: {digest}"
    key = keys[value["kidId"]].key
    key.verify(base64.b64decode(value["signature"]), text.encode())


def fill(header):
    whole, fraction = re.fullmatch(r"([^.Z]+)(?:\.(\d+))?Z", header["message_ts"]).groups()
    digits = (fraction or "").rstrip("0")
    time = whole + (f".{digits:0<6}" if digits else "") + "Z"
    return {**FILLED, **(STATUS if "status" in header else {}), **header, "message_ts": time}


def openg2p(signature, content):
    # orjson.dumps(content, option=orjson.OPT_SORT_KEYS) writes the same, but some floats: 1e-7, where json has 1e-07
    form = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    payload = base64.urlsafe_b64encode(form.encode()).decode().rstrip("=")
    jws(signature.replace("..", f".{payload}."), "EdDSA")


def opencrvs(signature, content):
    if json.loads(jws(signature, "RS256")) != content:
        raise ValueError("The payload is not the header and message of the answer.")


def jws(signature, algorithm):
    key = keys[jwt.get_unverified_header(signature)["kid"]]
    return jwt.api_jws.decode(signature, key, algorithms=[algorithm])


dialect, key_set, file = sys.argv[1:]
with open(key_set, "rb") as opened:
    published = json.load(opened)["keys"]
keys = {key["kid"]: jwt.PyJWK(key) for key in published if "|" in key["kid"]}  # others sign access tokens
with open(file, "rb") as opened:
    answer = json.load(opened)
verify = {"openspp2": openspp2, "openg2p": openg2p, "opencrvs": opencrvs}[dialect]
verify(answer["signature"], {"header": answer["header"], "message": answer["message"]})
print("valid")
