"""Any sequence of administrative acts, tokens and uses leaves the clients as a plain model has them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from support.admin_client import Admin
from support.events import event
from support.example_counts import some

if TYPE_CHECKING:
    from support.api import Api

NAMES = ["ministry of health", "Ministry  of Health", "ministry of justice"]
NOTICED = 60  # seconds until a change is known everywhere
PICK = st.integers(0, 999)


@dataclass
class Known:
    """What is known of a client. A secret has its end, in epoch seconds, a token when it was issued and its end."""

    client_id: str
    name: str
    enabled: bool = True
    version: int = 1
    deleted: bool = False
    secrets: dict[str, tuple[str, float]] = field(default_factory=dict)
    former: list[str] = field(default_factory=list)
    tokens: list[tuple[str, float, float]] = field(default_factory=list)
    ended: int = 0  # how many tokens there were when all were ended
    acts: list[str] = field(default_factory=lambda: ["created"])


class Clients(RuleBasedStateMachine):
    """Acts on a few clients, and what must come of each."""

    def __init__(self, new_api: Callable[[], Api]) -> None:
        super().__init__()
        self.api = new_api()
        self.admin = Admin(self.api)
        self.salt = self.api.runtime.random_bytes(8).hex()
        self.clients: list[Known] = []
        self.addresses = itertools.count()

    def has_clients(self) -> bool:
        """Return whether there is a client to change."""
        return bool(self.clients)

    @rule(name=st.sampled_from(NAMES))
    def create(self, name: str) -> None:
        """Register a client, whose name is taken or free."""
        full = f"{name} {self.salt}"
        reply = self.admin.create(name=full, scopes=["clients.read"])
        assert reply.status == (409 if self.is_taken(full) else 201)
        if reply.status == 201:
            known = Known(reply.json["client_id"], full)
            [listed] = self.admin.secrets(known.client_id)
            known.secrets[listed["secret_id"]] = reply.json["client_secret"], float("inf")
            self.clients.append(known)

    @precondition(has_clients)
    @rule(pick=PICK, name=st.sampled_from(NAMES), stale=st.booleans())
    def rename(self, pick: int, name: str, stale: bool) -> None:  # noqa: FBT001 - hypothesis passes keywords
        """Rename a client that was seen in this version, or in one before."""
        known, full = self.pick(pick), f"{name} {self.salt}"
        reply = self.admin.update(known.client_id, f'"{known.version - stale}"', name=full)
        others = self.is_taken(full, known)
        assert reply.status == (404 if known.deleted else 412 if stale else 409 if others else 200)
        if reply.status == 200 and full != known.name:
            known.name = full
            self.acted(known, "updated")

    @precondition(has_clients)
    @rule(pick=PICK, overlap=st.sampled_from([0, 30, 600]))
    def rotate(self, pick: int, overlap: int) -> None:
        """Add a secret."""
        known = self.pick(pick)
        live = self.live(known)
        reply = self.admin.send("secrets_add", known.client_id, body={"old_expires_in": overlap})
        assert reply.status == (404 if known.deleted else 409 if len(live) == 2 else 201)
        if reply.status == 201:
            for id_, (secret, end) in live.items():
                known.secrets[id_] = secret, min(end, self.api.clock() + overlap)
            known.secrets[reply.json["secret_id"]] = reply.json["client_secret"], float("inf")
            self.acted(known, "secret_added")

    @precondition(has_clients)
    @rule(pick=PICK, which=PICK)
    def delete_secret(self, pick: int, which: int) -> None:
        """Delete a secret, of those that were ever there."""
        known = self.pick(pick)
        if not known.secrets:
            return
        secret_id = [*known.secrets][which % len(known.secrets)]
        is_live = secret_id in self.live(known)
        reply = self.admin.send("secret_delete", known.client_id, secret_id=secret_id)
        assert reply.status == (204 if is_live else 404)
        if is_live:
            known.former.append(known.secrets.pop(secret_id)[0])
            self.acted(known, "secret_deleted")

    @precondition(has_clients)
    @rule(pick=PICK, enable=st.booleans())
    def set_status(self, pick: int, enable: bool) -> None:  # noqa: FBT001 - hypothesis passes keywords
        """Disable or enable a client."""
        known = self.pick(pick)
        reply = self.admin.send("client_enable" if enable else "client_disable", known.client_id)
        assert reply.status == (404 if known.deleted else 200)
        if reply.status == 200 and known.enabled != enable:
            known.enabled = enable
            self.acted(known, reply.json["status"])

    @precondition(has_clients)
    @rule(pick=PICK)
    def revoke_tokens(self, pick: int) -> None:
        """End all tokens of a client."""
        known = self.pick(pick)
        reply = self.admin.send("client_revoke_tokens", known.client_id)
        assert reply.status == (404 if known.deleted else 200)
        if reply.status == 200:
            known.ended = len(known.tokens)
            self.acted(known, "tokens_revoked")

    @precondition(has_clients)
    @rule(pick=PICK)
    def delete(self, pick: int) -> None:
        """Delete a client."""
        known = self.pick(pick)
        reply = self.admin.send("client_delete", known.client_id)
        assert reply.status == (404 if known.deleted else 204)
        if not known.deleted:
            known.deleted = True
            known.acts.append("deleted")

    @rule(seconds=st.sampled_from([1, 29, 30, 300, 600]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.api.clock.advance(seconds)

    @precondition(has_clients)
    @rule(pick=PICK, which=PICK)
    def token(self, pick: int, which: int) -> None:
        """Ask for a token with a secret that the client has or had."""
        known = self.pick(pick)
        live = {secret for secret, _ in self.live(known).values()}
        secrets = [*(secret for secret, _ in known.secrets.values()), *known.former, "wrong"]
        secret = secrets[which % len(secrets)]
        form = {"grant_type": "client_credentials", "client_id": known.client_id, "client_secret": secret}
        sent = event("token_form", body=urlencode(form))
        # Failures are throttled by address; here each client has its own.
        sent["requestContext"]["http"]["sourceIp"] = f"address {next(self.addresses)}"
        reply = self.api.send(sent)
        assert reply.status == (200 if secret in live and known.enabled and not known.deleted else 401)
        if reply.status == 200:
            now = self.api.clock()
            known.tokens.append((reply.json["access_token"], now, now + reply.json["expires_in"]))

    @precondition(has_clients)
    @rule(pick=PICK, which=PICK)
    def use(self, pick: int, which: int) -> None:
        """Use a token, when everything that happened has been noticed everywhere."""
        known = self.pick(pick)
        if not known.tokens:
            return
        number = which % len(known.tokens)
        token, _, end = known.tokens[number]
        self.api.clock.advance(NOTICED)
        holds = known.enabled and not known.deleted and number >= known.ended
        reply = self.api.send(event("clients_list", token=token) | {"rawQueryString": "limit=1"})
        # A token issued just after others were ended may say so from the next second on, and end as much later.
        late = reply.status == 200 and end <= self.api.clock() <= end + 5
        assert reply.status == (200 if holds and (self.api.clock() < end or late) else 401)

    def teardown(self) -> None:
        """Each client equals the model's, and its log has each change, the newest first."""
        for known in self.clients:
            shown = self.admin.send("client_get", known.client_id)
            assert shown.status == (404 if known.deleted else 200)
            assert [entry["act"] for entry in self.admin.log(known.client_id)] == known.acts[:-51:-1]
            if not known.deleted:
                status = "enabled" if known.enabled else "disabled"
                assert (shown.json["name"], shown.json["status"]) == (known.name, status)
                assert shown.headers["ETag"] == f'"{known.version}"'
                listed = {secret["secret_id"] for secret in self.admin.secrets(known.client_id)}
                assert listed == self.live(known).keys()

    def pick(self, number: int) -> Known:
        """Choose a client, of those that are gone too."""
        return self.clients[number % len(self.clients)]

    def acted(self, known: Known, act: str) -> None:
        """Note an act."""
        known.version += 1
        known.acts.append(act)

    def live(self, known: Known) -> dict[str, tuple[str, float]]:
        """Return the secrets that work now."""
        if known.deleted:
            return {}
        return {id_: kept for id_, kept in known.secrets.items() if self.api.clock() < kept[1]}

    def is_taken(self, name: str, by_other_than: Known | None = None) -> bool:
        """Return whether a client has this name."""
        key = " ".join(name.casefold().split())
        return any(
            " ".join(known.name.casefold().split()) == key
            for known in self.clients
            if not known.deleted and known is not by_other_than
        )


@pytest.mark.exhaustive
def test_any_sequence_of_changes_matches_the_model(new_api: Callable[[], Api]) -> None:
    """Acts, tokens, uses and time in any order: every answer is the model's, and so is what is left."""
    machine: Any = partial(Clients, new_api)
    run_state_machine_as_test(machine, settings=settings(max_examples=some(1 / 10), stateful_step_count=30))
