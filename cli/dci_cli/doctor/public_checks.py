"""Checks that need no client: health, discovery, keys, headers, errors and the clock."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from http import HTTPStatus

from dci_cli.api import TOKEN_PATH, Reply
from dci_cli.doctor.deployment import (
    ALTERED,
    LOOK_AT_LOG,
    SEARCH_PATH,
    WRONG_URL,
    Check,
    CheckFailed,
    CheckWarning,
    Deployment,
    check_headers,
    check_status,
    check_time,
    issuer_remedy,
)

_PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi"}


def _health(deployment: Deployment) -> None:
    check_status(deployment.health, 200, LOOK_AT_LOG.format("search"))
    if deployment.health.json.get("status") != "ok":
        raise CheckFailed('The body is not {"status":"ok"}.', WRONG_URL)


def _discovery(deployment: Deployment) -> None:
    reply = deployment.api.send("GET", "/.well-known/oauth-authorization-server")
    if reply.status == HTTPStatus.NOT_FOUND:
        raise CheckWarning("This deployment has no authorization server metadata.", "Deploy a later version.")
    check_status(reply, 200, LOOK_AT_LOG.format("token"))
    metadata, base_url = reply.json, deployment.api.base_url
    if metadata.get("issuer") != base_url:
        raise CheckFailed(
            f"The issuer is {metadata.get('issuer')}, which is not the URL of this check.", issuer_remedy(deployment)
        )
    wrong = [
        name for name in ("token_endpoint", "jwks_uri") if not str(metadata.get(name)).startswith(f"{base_url}/")
    ]
    if wrong:
        raise CheckFailed(f"{' and '.join(wrong)}: not below the URL of this check.", issuer_remedy(deployment))


def _jwks(deployment: Deployment) -> str:
    check_status(deployment.jwks, 200, LOOK_AT_LOG.format("token"))
    keys = deployment.jwks.json["keys"]
    if not keys:
        raise CheckFailed("There are no keys yet.", LOOK_AT_LOG.format("rotation"))
    if any(_PRIVATE_MEMBERS & key.keys() for key in keys):
        raise CheckFailed("A private key is published!", "Run dci keys revoke, now, and find out who published it.")
    return "1 key" if len(keys) == 1 else f"{len(keys)} keys"


def _www_authenticate(deployment: Deployment) -> None:
    check_status(deployment.unauthorized, 401, WRONG_URL)
    challenge = deployment.unauthorized.headers["WWW-Authenticate"]
    if challenge is None and deployment.unauthorized.headers["x-amzn-remapped-www-authenticate"]:
        raise CheckFailed(
            "WWW-Authenticate arrives under another name.", "Deploy the API as an HTTP API: a REST API renames it."
        )
    if not str(challenge).startswith("Bearer"):
        raise CheckFailed(f"The response to a request without a token has WWW-Authenticate: {challenge}.", ALTERED)


def _cache_control(deployment: Deployment) -> None:
    wanted = {"health": (deployment.health, "no-store"), "key set": (deployment.jwks, "public, max-age=300")}
    wanted["response to a search without a token"] = (deployment.unauthorized, "no-store")
    check_headers("Cache-Control", {name: (reply.headers, value) for name, (reply, value) in wanted.items()})


def _nosniff(deployment: Deployment) -> None:
    check_headers("X-Content-Type-Options", {"health": (deployment.health.headers, "nosniff")})


def _unknown_path(deployment: Deployment) -> None:
    reply = deployment.api.send("GET", "/no/such/path")
    check_status(reply, 404, WRONG_URL)
    _check_code(reply, "err.request.not_found")


def _other_method(deployment: Deployment) -> None:
    reply = deployment.api.send("PUT", SEARCH_PATH, {})
    check_status(reply, 405, WRONG_URL)
    _check_code(reply, "err.request.bad")
    check_headers("Allow", {"search": (reply.headers, "POST")})


def _check_code(reply: Reply, code: str) -> None:
    body = reply.json if isinstance(reply.json, dict) else {}
    if [error.get("code") for error in body.get("errors", ())] != [code]:
        raise CheckFailed(f"The body is not the API's: it does not have the code {code}.", ALTERED)


def _other_type(deployment: Deployment) -> None:
    reply = deployment.api.send("POST", TOKEN_PATH, "", {"Content-Type": "text/plain"})
    check_status(reply, 415, WRONG_URL)
    if not isinstance(reply.json, dict) or reply.json.get("error") != "invalid_request":
        raise CheckFailed("The body is not the API's: it does not have the error invalid_request.", ALTERED)


def _clock(deployment: Deployment) -> str:
    try:
        date = parsedate_to_datetime(str(deployment.health.headers["Date"])).timestamp()
    except ValueError as error:
        raise CheckFailed("The responses have no Date.", ALTERED) from error
    return check_time("The API's Date", date, deployment)


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
