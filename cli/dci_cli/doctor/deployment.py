"""The deployment under examination, and what checks say of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from functools import cached_property
from typing import Any, Literal

from dci_cli.api import Api, Reply

SEARCH_PATH = "/registry/sync/search"
ALTERED = "Something between this machine and the functions alters answers: a proxy, a firewall or another gateway."
NOT_OURS = "Check that the URL is the deployment's BaseUrl, and that this is what was deployed last."
_MAX_SKEW_SECONDS = 60


class Symptom(Exception):
    """What is wrong, and how to mend it."""

    outcome: Literal["failed", "warning", "skipped"] = "failed"

    def __init__(self, found: str, mend: str = "") -> None:
        super().__init__(found)
        self.found = found
        self.mend = mend


class Doubt(Symptom):
    """Something to look after; the API works."""

    outcome = "warning"


class Skipped(Symptom):
    """The check could not be made."""

    outcome = "skipped"


@dataclass
class Deployment:
    """The API under examination, asked once for what several checks look at."""

    api: Api
    client_id: str
    sender_id: str
    rotation_days: int
    clock: Callable[[], float]

    @cached_property
    def health(self) -> Reply:
        """The answer of /health."""
        return self.api.send("GET", "/health")

    @cached_property
    def refused(self) -> Reply:
        """The answer to a search without a token."""
        return self.api.send("POST", SEARCH_PATH, {})

    @cached_property
    def jwks(self) -> Reply:
        """The answer of the key set."""
        return self.api.send("GET", "/.well-known/jwks.json")

    @cached_property
    def issued(self) -> Reply:
        """The answer of the token endpoint. Raises Skipped without a client."""
        if not self.client_id:
            raise Skipped("No client is given.", "Say --client-id, and DCI_CLIENT_SECRET.")
        return self.api.ask_token()

    @cached_property
    def jwt(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The token's header and claims. Raises Skipped when there is no token."""
        token = self.issued.json.get("access_token")
        try:
            header, claims = (json.loads(_decoded(part)) for part in str(token).split(".")[:2])
        except ValueError as error:
            raise Skipped("There is no token.") from error
        return header, claims

    def scopes(self) -> set[str]:
        """Return what the token allows. Raises Skipped when there is no token."""
        return set(str(self.jwt[1].get("scope", "")).split(" "))


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def expect(reply: Reply, status: int, mend: str) -> None:
    """Raise the Symptom of another status."""
    if reply.status != status:
        raise Symptom(f"The status is {reply.status}, not {status}.", mend)


def issuer_mend(patient: Deployment) -> str:
    """Say what brings issuer and URL together."""
    return f"Ask at that URL, or deploy with the parameter Issuer={patient.api.base_url}."


def same_headers(name: str, wanted: dict[str, tuple[Message[str, str], str]]) -> None:
    """Compare the header of several answers with what it should be. Raises Symptom."""
    wrong = [
        f"of the {what} is {got[name]}, not {value}" for what, (got, value) in wanted.items() if got[name] != value
    ]
    if wrong:
        raise Symptom(f"{name} {'; '.join(wrong)}.", ALTERED)


def in_time(what: str, moment: float, patient: Deployment) -> str:
    """Return by how much a moment (epoch seconds) is off this machine's clock. Raises Symptom when by too much."""
    skew = round(moment - patient.clock())
    if abs(skew) > _MAX_SKEW_SECONDS:
        way = "ahead of" if skew > 0 else "behind"
        found = f"{what} is {abs(skew)} s {way} this machine's clock."
        raise Symptom(found, "Set this machine's clock (NTP), then that of what answers in front of the API.")
    return f"{skew:+} s"


Check = Callable[[Deployment], str | None]
