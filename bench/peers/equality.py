"""Checks that the peers do what our functions do: the same answers, rejections, counts and audit records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jwt
from warm import VARIABLES

from peers.deployment import LAMBDA, OIDC, OURS, Registry, numbers
from peers.servers import Request, Response, Server
from support.postgres import Cluster

_SEARCHES = 20
_OK = 200
_CLAIMS = ("iss", "aud", "sub", "client_id", "scope")


def check_searches(registry: Registry, servers: Mapping[str, Server], database: Cluster) -> None:
    """Exit with a message when a server answers differently, or the peer counts or records anything else."""
    for number in numbers(_SEARCHES):
        answers = {name: _answered(server.ask(registry.search(number))) for name, server in servers.items()}
        if any(answer != answers[LAMBDA] for answer in answers.values()):
            raise SystemExit(f"The answers differ: {json.dumps(answers, indent=1)}")
        if not answers[LAMBDA]["message"]["search_response"][0]["data"]["reg_records"]:
            raise SystemExit("Nobody was found.")
    for name, request in _faulty(registry.search(0)).items():
        statuses = {server: answering.ask(request).status for server, answering in servers.items()}
        if len(set(statuses.values())) > 1 or _OK in statuses.values():
            raise SystemExit(f"{name}: the statuses differ, or one is 200: {statuses}")
    peers = len(servers.keys() - OURS)
    recorded = database.query("SELECT count(*) FROM disclosures WHERE person_id IS NOT NULL")
    counted = database.query("SELECT sum(requests) FROM request_counts")
    if recorded != str(peers * _SEARCHES) or not counted:
        raise SystemExit(
            f"The peers have recorded {recorded} of {peers} times {_SEARCHES} searches, counted {counted}."
        )


def _faulty(valid: Request) -> dict[str, Request]:
    """Return requests that must be rejected, by what is wrong with them."""
    head, claims, signature = valid.authorization.split(".")
    return {
        "no token": valid._replace(authorization=""),
        "an altered token": valid._replace(authorization=f"{head}.{claims}.{signature[::-1]}"),
        "not JSON": valid._replace(body="{"),
        "another client's sender_id": _changed(valid, "sender_id", "another"),
        "no message_id": _changed(valid, "message_id", None),
        "a time without an offset": _changed(valid, "message_ts", "2026-03-01T09:30:00"),
        "another version": _changed(valid, "version", "2.0.0"),
        "an encrypted message": _changed(valid, "is_msg_encrypted", value=True),
        "a negative count": _changed(valid, "total_count", -1),
    }


def _changed(valid: Request, member: str, value: object) -> Request:
    message = json.loads(valid.body)
    message["header"][member] = value
    return valid._replace(body=json.dumps(message))


def _answered(response: Response) -> Any:  # noqa: ANN401 - a message
    """Return an answer without its times and its correlation id."""
    if response.status != _OK:
        raise SystemExit(f"A search was answered with {response.status}: {response.body[:300]}")
    answer = json.loads(response.body)
    for part, varying in ((answer["header"], "message_ts"), (answer["message"], "correlation_id")):
        if not part.pop(varying):
            raise SystemExit(f"{varying} is empty.")
    for item in answer["message"]["search_response"]:
        item.pop("timestamp")
    return answer


def check_tokens(registry: Registry, servers: Mapping[str, Server]) -> None:
    """Exit with a message when a server does not issue our token, or issues one for a wrong secret."""
    key = registry.public_key
    expected = {"iss": VARIABLES["ISSUER"], "aud": VARIABLES["ISSUER"], "sub": registry.client_id}
    for name, server in servers.items():
        answer = json.loads(server.ask(registry.token()).body)
        decoded = jwt.decode_complete(
            answer["access_token"], key, algorithms=["ES256"], audience=expected["aud"], issuer=expected["iss"]
        )
        claims, header = decoded["payload"], decoded["header"]
        scope = "" if name == OIDC else registry.scope  # it grants no scope unless one is requested
        wanted = {**expected, "client_id": registry.client_id, **({"scope": scope} if scope else {})}
        shown = {claim: claims[claim] for claim in _CLAIMS if claim in claims}
        if shown != wanted or claims["exp"] - claims["iat"] != answer["expires_in"] or header["typ"] != "at+jwt":
            raise SystemExit(f"{name}: the token has {header} and {claims}.")
        wrong = registry.token()
        rejected = server.ask(wrong._replace(body=wrong.body[:-1]))
        if (rejected.status, json.loads(rejected.body)["error"]) != (401, "invalid_client"):
            raise SystemExit(f"{name} answered a wrong secret with {rejected.status}: {rejected.body}")
