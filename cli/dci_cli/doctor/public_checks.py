"""What anybody can see: health, discovery, keys, headers, errors and the clock."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from http import HTTPStatus

from dci_cli.api import TOKEN_PATH, Reply
from dci_cli.doctor.deployment import (
    ALTERED,
    NOT_OURS,
    SEARCH_PATH,
    Check,
    Deployment,
    Doubt,
    Symptom,
    expect,
    in_time,
    issuer_mend,
    same_headers,
)

_PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi"}


def _health(patient: Deployment) -> None:
    expect(patient.health, 200, "Look into the search function's log.")
    if patient.health.json.get("status") != "ok":
        raise Symptom('The body is not {"status":"ok"}.', NOT_OURS)


def _discovery(patient: Deployment) -> None:
    reply = patient.api.send("GET", "/.well-known/oauth-authorization-server")
    if reply.status == HTTPStatus.NOT_FOUND:
        raise Doubt("This deployment has no authorization-server metadata.", "Deploy a later version.")
    expect(reply, 200, "Look into the token function's log.")
    told, base_url = reply.json, patient.api.base_url
    if told.get("issuer") != base_url:
        raise Symptom(f"The issuer is {told.get('issuer')}, not the URL asked.", issuer_mend(patient))
    wrong = [name for name in ("token_endpoint", "jwks_uri") if not str(told.get(name)).startswith(f"{base_url}/")]
    if wrong:
        raise Symptom(f"{' and '.join(wrong)}: not below the URL asked.", issuer_mend(patient))


def _jwks(patient: Deployment) -> str:
    expect(patient.jwks, 200, "Look into the token function's log.")
    keys = patient.jwks.json["keys"]
    if not keys:
        raise Symptom("There are no keys yet.", "Look into the log of the rotation function, which makes them.")
    if any(_PRIVATE_MEMBERS & key.keys() for key in keys):
        raise Symptom("A private key is published!", "Run dci keys rotate twice, now, and find out who wrote it.")
    return f"{len(keys)} keys"


def _www_authenticate(patient: Deployment) -> None:
    expect(patient.refused, 401, NOT_OURS)
    challenge = patient.refused.headers["WWW-Authenticate"]
    if challenge is None and patient.refused.headers["x-amzn-remapped-www-authenticate"]:
        raise Symptom(
            "WWW-Authenticate arrives under another name.", "Deploy it as an HTTP API: a REST API renames it."
        )
    if not str(challenge).startswith("Bearer"):
        raise Symptom(f"A request without a token is answered with WWW-Authenticate: {challenge}.", ALTERED)


def _cache_control(patient: Deployment) -> None:
    wanted = {"health": (patient.health, "no-store"), "key set": (patient.jwks, "public, max-age=300")}
    wanted["refusal"] = (patient.refused, "no-store")
    same_headers("Cache-Control", {name: (reply.headers, value) for name, (reply, value) in wanted.items()})


def _nosniff(patient: Deployment) -> None:
    same_headers("X-Content-Type-Options", {"health": (patient.health.headers, "nosniff")})


def _unknown_path(patient: Deployment) -> None:
    reply = patient.api.send("GET", "/no/such/path")
    expect(reply, 404, NOT_OURS)
    _is_ours(reply, "err.request.not_found")


def _other_method(patient: Deployment) -> None:
    reply = patient.api.send("PUT", SEARCH_PATH, {})
    expect(reply, 405, NOT_OURS)
    _is_ours(reply, "err.request.bad")
    same_headers("Allow", {"search": (reply.headers, "POST")})


def _is_ours(reply: Reply, code: str) -> None:
    body = reply.json if isinstance(reply.json, dict) else {}
    if [error.get("code") for error in body.get("errors", ())] != [code]:
        raise Symptom(f"The body is not the API's own: it does not have the code {code}.", ALTERED)


def _other_type(patient: Deployment) -> None:
    reply = patient.api.send("POST", TOKEN_PATH, "", {"Content-Type": "text/plain"})
    expect(reply, 415, NOT_OURS)
    if not isinstance(reply.json, dict) or reply.json.get("error") != "invalid_request":
        raise Symptom("The body is not the API's own: it does not have the error invalid_request.", ALTERED)


def _clock(patient: Deployment) -> str:
    try:
        there = parsedate_to_datetime(str(patient.health.headers["Date"])).timestamp()
    except ValueError as error:
        raise Symptom("The answers have no Date.", ALTERED) from error
    return in_time("The API's Date", there, patient)


CHECKS: dict[str, Check] = {
    "health": _health,
    "discovery": _discovery,
    "key set": _jwks,
    "WWW-Authenticate": _www_authenticate,
    "Cache-Control": _cache_control,
    "nosniff": _nosniff,
    "unknown path": _unknown_path,
    "other method": _other_method,
    "other content type": _other_type,
    "clock": _clock,
}
