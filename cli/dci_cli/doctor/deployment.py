"""The deployment that is checked, and how a check reports what it finds."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from functools import cached_property
from typing import Any, Literal, NamedTuple

from dci_cli.api import Api, Reply

SEARCH_PATH = "/registry/sync/search"
ALTERED = "A proxy, a firewall or another gateway between this machine and the functions alters responses: find it."
WRONG_URL = "Check that the URL is the deployment's BaseUrl, and that the latest version is deployed."
LOOK_AT_LOG = "Look at the log of the {} function."
_MAX_SKEW_SECONDS = 60

Outcome = Literal["ok", "warning", "failed", "skipped"]


class Finding(NamedTuple):
    """What a check found, and the remedy."""

    check: str
    outcome: Outcome
    found: str = ""
    remedy: str = ""


class CheckProblem(Exception):
    """A check is not ok: what it found, and the remedy."""

    outcome: Outcome

    def __init__(self, found: str, remedy: str = "") -> None:
        super().__init__(found)
        self.found = found
        self.remedy = remedy


class CheckFailed(CheckProblem):
    """Something does not work."""

    outcome = "failed"


class CheckWarning(CheckProblem):
    """Something needs attention; the API works."""

    outcome = "warning"


class CheckSkipped(CheckProblem):
    """The check cannot be made."""

    outcome = "skipped"


@dataclass
class Deployment:
    """The deployment that is checked; a response that several checks need is requested once."""

    api: Api
    client_id: str
    sender_id: str
    rotation_days: int
    clock: Callable[[], float]

    @cached_property
    def health(self) -> Reply:
        """The response of /health."""
        return self.api.send("GET", "/health")

    @cached_property
    def unauthorized(self) -> Reply:
        """The response to a search without a token."""
        return self.api.send("POST", SEARCH_PATH, {})

    @cached_property
    def jwks(self) -> Reply:
        """The response of the key set."""
        return self.api.send("GET", "/.well-known/jwks.json")

    @cached_property
    def issued(self) -> Reply:
        """The response of the token endpoint. Raises CheckSkipped without a client."""
        if not self.client_id:
            raise CheckSkipped(
                "There is no client.",
                "Run `dci configure`, or set DCI_CLIENT_ID and DCI_CLIENT_SECRET beside DCI_API.",
            )
        return self.api.request_token()

    @cached_property
    def jwt(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The token's header and claims. Raises CheckSkipped without a token."""
        token = self.issued.json.get("access_token")
        try:
            header, claims = (json.loads(_decode(part)) for part in str(token).split(".")[:2])
        except ValueError as error:
            raise CheckSkipped("There is no token.") from error
        return header, claims

    def scopes(self) -> set[str]:
        """Return the token's scopes. Raises CheckSkipped without a token."""
        return set(str(self.jwt[1].get("scope", "")).split(" "))


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def check_status(reply: Reply, status: int, remedy: str) -> None:
    """Raise CheckFailed for another status."""
    if reply.status != status:
        raise CheckFailed(f"The status is {reply.status}, not {status}.", remedy)


def issuer_remedy(deployment: Deployment) -> str:
    """Return what makes issuer and URL the same."""
    return f"Use that URL, or deploy with the parameter Issuer={deployment.api.base_url}."


def check_headers(name: str, expected: dict[str, tuple[Message[str, str], str]]) -> None:
    """Raise CheckFailed for responses, by their names, whose header is not the expected one."""
    wrong = [
        f"of the {what} is {headers[name]}, not {value}"
        for what, (headers, value) in expected.items()
        if headers[name] != value
    ]
    if wrong:
        raise CheckFailed(f"{name} {'; '.join(wrong)}.", ALTERED)


def check_time(what: str, moment: float, deployment: Deployment) -> str:
    """Return how far a moment (epoch seconds) is from this machine's clock. Raises CheckFailed when it is too far."""
    skew = round(moment - deployment.clock())
    if abs(skew) > _MAX_SKEW_SECONDS:
        way = "ahead of" if skew > 0 else "behind"
        found = f"{what} is {abs(skew)} s {way} this machine's clock."
        raise CheckFailed(found, "Set this machine's clock (NTP), then the clock of any proxy in front of the API.")
    return f"{skew:+} s"


Check = Callable[[Deployment], str | None]
