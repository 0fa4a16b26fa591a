"""Signs a message: python3 examples/sign.py DIALECT KEY.pem KEY_ID message.json > signed.json

DIALECT is openspp2, openg2p or opencrvs; message.json has the members header and message. Needs PyJWT[crypto]. What was
hashed or signed is printed to stderr, to compare it with what your own software makes of the same message.
"""

import base64
import hashlib
import json
import sys
import time

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def openspp2(content):
    form = json.dumps(content, sort_keys=True, separators=(",", ":"))  # ASCII: other characters are escaped
    print(form, file=sys.stderr)
    digest = base64.b64encode(hashlib.sha256(form.encode()).digest()).decode()
    created = int(time.time())
    text = f"(created): {created}\n(expires): {created + 300}\ndigest: {digest}"
    signature = base64.b64encode(key.sign(text.encode())).decode()
    return (
        f'namespace="dci", kidId="{content["header"]["sender_id"]}|{key_id}|ed25519", algorithm="ed25519", '
        f'created="{created}", expires="{created + 300}", headers="(created) (expires) digest", signature="{signature}"'
    )


def openg2p(content):
    # orjson.dumps(content, option=orjson.OPT_SORT_KEYS) writes the same, but some floats: 1e-7, where json has 1e-07
    protected, _, signature = jws(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    return f"{protected}..{signature}"


def opencrvs(content):
    return ".".join(jws(json.dumps(content)))


def jws(payload):
    print(payload, file=sys.stderr)
    algorithm = {Ed25519PrivateKey: "EdDSA", RSAPrivateKey: "RS256"}
    name = next((name for kind, name in algorithm.items() if isinstance(key, kind)), "ES256")
    return jwt.api_jws.encode(payload.encode(), key, name, {"kid": key_id}).split(".")


dialect, key_file, key_id, file = sys.argv[1:]
with open(key_file, "rb") as opened:
    key = load_pem_private_key(opened.read(), None)
with open(file, encoding="utf-8") as opened:
    message = json.load(opened)
content = {"header": message["header"], "message": message["message"]}
sign = {"openspp2": openspp2, "openg2p": openg2p, "opencrvs": opencrvs}[dialect]
print(json.dumps({"signature": sign(content), **content}))
