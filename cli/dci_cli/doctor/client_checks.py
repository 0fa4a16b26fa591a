"""What a client sees: its token, the keys, and a search."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from dci_cli.doctor.deployment import (
    NOT_OURS,
    SEARCH_PATH,
    Check,
    Deployment,
    Doubt,
    Skipped,
    Symptom,
    expect,
    in_time,
    issuer_mend,
    same_headers,
)
from dci_common.oauth.scopes import CLIENTS_MANAGE, REGISTRY_SEARCH

_DAY = 86_400
_GRACE_DAYS = 2  # Secrets Manager chooses the hour, and tries again


def _token(patient: Deployment) -> str:
    reply = patient.issued
    if reply.status == HTTPStatus.UNAUTHORIZED:
        raise Symptom("The client is refused.", "Check the client id and secret, and that the client is enabled.")
    expect(reply, 200, "Look into the token function's log.")
    if reply.json.get("token_type") != "Bearer" or not reply.json.get("access_token"):
        raise Symptom("The answer is no bearer token.", NOT_OURS)
    same_headers("Cache-Control", {"token": (reply.headers, "no-store")})
    return f"for {', '.join(sorted(patient.scopes()))}"


def _issuer(patient: Deployment) -> None:
    claims = patient.jwt[1]
    wrong = [f"{name} {claims.get(name)}" for name in ("iss", "aud") if claims.get(name) != patient.api.base_url]
    if wrong:
        raise Symptom(f"The token has {' and '.join(wrong)}, not the URL asked.", issuer_mend(patient))


def _issued_at(patient: Deployment) -> str:
    issued = patient.jwt[1].get("iat")
    if not isinstance(issued, int):
        raise Symptom("The token has no iat.", NOT_OURS)
    return in_time("The token's iat", issued, patient)


def _signing_key(patient: Deployment) -> None:
    kid = patient.jwt[0].get("kid")
    if kid not in {key["kid"] for key in patient.jwks.json["keys"]}:
        raise Symptom(
            "The token is signed with a key that is not in the key set.",
            "Ask again in 5 minutes, when every cache is over; then run dci keys rotate.",
        )


def _key_age(patient: Deployment) -> str:
    if CLIENTS_MANAGE not in patient.scopes():
        raise Skipped(f"The client does not hold {CLIENTS_MANAGE}.", "Ask as an administrator to see the keys' ages.")
    reply = patient.api.get("/keys")
    expect(reply, 200, "Look into the clients function's log.")
    current = [key for key in reply.json["keys"] if key["state"] == "current"]
    if not current:
        raise Symptom("No key is in force.", "Run dci keys rotate, then look into the rotation function's log.")
    days = int((patient.clock() - datetime.fromisoformat(current[0]["since"]).astimezone(UTC).timestamp()) / _DAY)
    if days > patient.rotation_days + _GRACE_DAYS:
        raise Doubt(
            f"The key in force is {days} days old, though it should be rotated every {patient.rotation_days}.",
            "Look into the rotation function's log, then run dci keys rotate.",
        )
    return f"{days} days"


def _search(patient: Deployment) -> str:
    if REGISTRY_SEARCH not in patient.scopes():
        raise Skipped(f"The client does not hold {REGISTRY_SEARCH}.", "Ask as a partner to try a search.")
    if not patient.sender_id:
        raise Skipped("No sender_id is given.", "Say --sender-id, as the client is registered with it.")
    reply = patient.api.post(SEARCH_PATH, _question(patient))
    if reply.status != HTTPStatus.OK:
        raise Symptom(f"The status is {reply.status}: {reply.json['errors'][0]['message']}")
    item = reply.json["message"]["search_response"][0]
    if item["status"] != "succ":
        raise Doubt(f"The question was rejected: {item.get('status_reason_message')}")
    return "answered"


def _question(patient: Deployment) -> dict[str, Any]:
    """Build a search for nobody."""
    now = datetime.fromtimestamp(patient.clock(), UTC).isoformat(timespec="seconds")
    criteria = {"query_type": "idtype-value", "query": {"type": "UIN", "value": "dci-doctor-nobody"}}
    return {
        "header": {
            "version": "1.0.0",
            "message_id": "dci-doctor",
            "message_ts": now,
            "action": "search",
            "sender_id": patient.sender_id,
            "total_count": 1,
        },
        "message": {
            "transaction_id": "dci-doctor",
            "search_request": [{"reference_id": "1", "timestamp": now, "search_criteria": criteria}],
        },
    }


CHECKS: dict[str, Check] = {
    "token": _token,
    "issuer": _issuer,
    "token time": _issued_at,
    "signing key": _signing_key,
    "key age": _key_age,
    "search": _search,
}
