"""Checks that need a client: its token, the signing keys, and a search."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from dci_cli.doctor.deployment import (
    LOOK_AT_LOG,
    SEARCH_PATH,
    WRONG_URL,
    Check,
    CheckFailed,
    CheckSkipped,
    CheckWarning,
    Deployment,
    check_headers,
    check_status,
    check_time,
    issuer_remedy,
)
from dci_common.scopes import CLIENTS_MANAGE, CLIENTS_READ, REGISTRY_SEARCH

_DAY = 86_400
_GRACE_DAYS = 2  # Secrets Manager chooses the hour, and tries again


def _token(deployment: Deployment) -> str:
    reply = deployment.issued
    if reply.status == HTTPStatus.UNAUTHORIZED:
        raise CheckFailed(
            "The client is rejected.", "Check the client id and secret, and that the client is enabled."
        )
    check_status(reply, 200, LOOK_AT_LOG.format("token"))
    if reply.json.get("token_type") != "Bearer" or not reply.json.get("access_token"):
        raise CheckFailed("The response is not a bearer token.", WRONG_URL)
    check_headers("Cache-Control", {"token": (reply.headers, "no-store")})
    return f"for {', '.join(sorted(deployment.scopes()))}"


def _issuer(deployment: Deployment) -> None:
    claims = deployment.jwt[1]
    wrong = [f"{name} {claims.get(name)}" for name in ("iss", "aud") if claims.get(name) != deployment.api.base_url]
    if wrong:
        raise CheckFailed(
            f"The token has {' and '.join(wrong)}, which is not the URL of this check.", issuer_remedy(deployment)
        )


def _issued_at(deployment: Deployment) -> str:
    issued = deployment.jwt[1].get("iat")
    if not isinstance(issued, int):
        raise CheckFailed("The token has no iat.", WRONG_URL)
    return check_time("The token's iat", issued, deployment)


def _signing_key(deployment: Deployment) -> None:
    kid = deployment.jwt[0].get("kid")
    if kid not in {key["kid"] for key in deployment.jwks.json["keys"]}:
        raise CheckFailed(
            "The token is signed with a key that is not in the key set.",
            "Run the check again in 5 minutes, when every cache has expired; then run dci keys rotate.",
        )


def _key_age(deployment: Deployment) -> str:
    if CLIENTS_MANAGE not in deployment.scopes():
        raise CheckSkipped(
            f"The client does not have {CLIENTS_MANAGE}.", "Use an administrator's client to see the keys' ages."
        )
    reply = deployment.api.get("/keys")
    check_status(reply, 200, LOOK_AT_LOG.format("clients"))
    current = [key for key in reply.json["keys"] if key["state"] == "current"]
    if not current:
        raise CheckFailed("There is no current key.", f"Run dci keys rotate. {LOOK_AT_LOG.format('rotation')}")
    oldest = min(current, key=lambda key: datetime.fromisoformat(key["since"]))
    days = int((deployment.clock() - datetime.fromisoformat(oldest["since"]).astimezone(UTC).timestamp()) / _DAY)
    if days > deployment.rotation_days + _GRACE_DAYS:
        ring = " --messages" if oldest.get("signs") == "messages" else ""
        raise CheckWarning(
            f"The current key is {days} days old; it should be rotated every {deployment.rotation_days}.",
            f"{LOOK_AT_LOG.format('rotation')} Then run dci keys rotate{ring}.",
        )
    return f"{days} days"


def _subscribers(deployment: Deployment) -> str:
    if not {CLIENTS_READ, CLIENTS_MANAGE} & deployment.scopes():
        raise CheckSkipped(
            f"The client does not have {CLIENTS_READ}.", "Use an operator's client to see who cannot be notified."
        )
    reply = deployment.api.get("/subscriptions/failing?limit=100")
    check_status(reply, 200, WRONG_URL)
    failing = reply.json["subscribers"]
    if failing:
        clients = len({subscriber["client_id"] for subscriber in failing})
        counted = f"{'At least ' if 'next' in reply.json else ''}{clients}"
        raise CheckWarning(
            f"{counted} {'client is' if clients == 1 else 'clients are'} not notified any more, the first one since"
            f" {failing[0]['since']}.",
            "Run dci subscriptions list --failing, and ask the partners.",
        )
    return "all can be notified"


def _search(deployment: Deployment) -> str:
    if REGISTRY_SEARCH not in deployment.scopes():
        raise CheckSkipped(f"The client does not have {REGISTRY_SEARCH}.", "Use a partner's client to try a search.")
    if not deployment.sender_id:
        raise CheckSkipped("There is no sender_id.", "Give --sender-id, as it is registered for the client.")
    reply = deployment.api.post(SEARCH_PATH, _search_message(deployment))
    if reply.status != HTTPStatus.OK:
        raise CheckFailed(f"The status is {reply.status}: {reply.json['errors'][0]['message']}")
    item = reply.json["message"]["search_response"][0]
    if item["status"] != "succ":
        raise CheckWarning(f"The search was rejected: {item.get('status_reason_message')}")
    return "answered"


def _search_message(deployment: Deployment) -> dict[str, Any]:
    """Return a search that matches no person."""
    now = datetime.fromtimestamp(deployment.clock(), UTC).isoformat(timespec="seconds")
    criteria = {"query_type": "idtype-value", "query": {"type": "UIN", "value": "dci-doctor-nobody"}}
    return {
        "header": {
            "version": "1.0.0",
            "message_id": "dci-doctor",
            "message_ts": now,
            "action": "search",
            "sender_id": deployment.sender_id,
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
    "subscribers": _subscribers,
    "search": _search,
}
