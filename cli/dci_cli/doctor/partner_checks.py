"""`dci doctor --partner`: why the signature of a partner's message is accepted, or is not.

The message is verified on this machine, with the client's registration and as the functions do it. It is not sent to
anybody, and nothing of it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dci_cli.doctor.deployment import CheckFailed, CheckProblem, CheckWarning, Finding
from dci_cli.doctor.partner_keys import check_keys, registered_keys
from dci_common.oauth.key_sets import keys_in
from dci_common.signatures import jws
from dci_common.signatures.dialect import InvalidSignature, Reason, dialect_of
from dci_common.signatures.json_forms import parse
from dci_common.signatures.policy import is_signed

if TYPE_CHECKING:
    import jwt

    from dci_cli.clients.clients_api import ClientView
    from dci_common.outbound.http_client import HttpClient

_VISIBLE = re.compile(r"[!-~]{1,200}")
_COMPARE = (
    "The key, or what was signed, is another one: compare it with examples/sign.py. Look at the order of members, "
    "blanks, characters beyond ASCII and numbers, and whether software on the way changes messages."
)
_REMEDIES: Mapping[Reason, str] = {
    "form": "Compare the signature with the form of the client's dialect in docs/signatures.md.",
    "algorithm": "Sign with an algorithm of the client's dialect: see docs/signatures.md.",
    "key_unknown": "Compare the key id of the signature with those above, and register the key that signs.",
    "digest": _COMPARE,
    "signature": _COMPARE,
    "content": "The message was changed after it was signed, or other JSON was signed than is sent.",
    "times": "Set the clock of the machine that signs (NTP), and sign each message just before it is sent.",
}


def examine_message(client: ClientView, path: Path, http_client: HttpClient, now: float) -> Iterator[Finding]:
    """Yield what every step of the verification finds; one that fails is the last."""
    registration: dict[str, Callable[[], str]] = {"registration": partial(_registration, client)}
    steps = registration | message_steps(client, path, http_client, now)
    for name, step in steps.items():
        try:
            yield Finding(name, "ok", step())
        except CheckProblem as problem:
            yield Finding(name, problem.outcome, problem.found, problem.remedy)
            return


def message_steps(
    client: ClientView, path: Path, http_client: HttpClient, now: float
) -> dict[str, Callable[[], str]]:
    """Return the steps of the verification of a message, with the client's keys."""

    def keys() -> str:
        return registered_keys(client.get("jwks"), client.get("jwks_uri", ""), http_client)

    return {
        "message": partial(_message, path, client),
        "keys": lambda: check_keys(keys(), ""),
        "signature": lambda: _signature(path, client, keys()),
        "times": lambda: _times(path, client, keys(), now),
    }


def _registration(client: ClientView) -> str:
    flags = client["flags"]
    mode, dialect = flags["signature"], flags["dialect"]
    if mode in {"unsigned", "ignore"}:
        what = "rejects signed messages" if mode == "unsigned" else "does not verify signatures"
        raise CheckWarning(
            f"The client is registered with signature {mode}, which {what}.",
            "Run dci clients update with --signature optional or required.",
        )
    return f"signature {mode}, dialect {dialect}"


def _message(path: Path, client: ClientView) -> str:
    content = _content(path)
    signature = content.get("signature")
    if not isinstance(signature, str | None):
        raise CheckFailed("signature is not a string.", "The partner sends the signature as a string.")
    if signature is None or not is_signed(signature):
        raise CheckFailed(
            "The message has no signature, or a placeholder for one.",
            "Give the message as it was sent. If this is it, the partner's software does not sign.",
        )
    header = content.get("header")
    sender = header.get("sender_id") if isinstance(header, dict) else None
    if sender != client["sender_id"]:
        raise CheckFailed(
            "header.sender_id is not the one that is registered for the client.",
            f"The client has {client['sender_id']}: the partner sends that, or its registration is changed.",
        )
    return f"the sender_id of the client, and a signature with {_key_id(signature)}"


def _key_id(signature: str) -> str:
    """Return what the signature says of its key, for people to read."""
    kid: object = None
    if named := re.search(r'\bkidId="?([^",]*)', signature):
        kid = named[1]
    else:
        with suppress(ValueError, InvalidSignature):
            kid = parse(jws.decode(signature.partition(".")[0])).get("kid")
    return f"the key id {kid}" if isinstance(kid, str) and _VISIBLE.fullmatch(kid) else "no key id"


def _signature(path: Path, client: ClientView, jwks: str) -> str:
    """Verify a message at the time of its own, whatever the clock says."""
    content = _content(path)
    try:
        _verify(content, client, jwks, _sent(content))
    except InvalidSignature as error:
        reason: Reason = "form" if error.reason == "times" else error.reason  # no clock fixes times like these
        raise CheckFailed(str(error), _REMEDIES[reason]) from error
    return "valid"


def _times(path: Path, client: ClientView, jwks: str, now: float) -> str:
    try:
        expires = _verify(_content(path), client, jwks, now)
    except InvalidSignature as error:
        raise CheckWarning(str(error), _REMEDIES[error.reason]) from error
    return f"accepted for {int(expires - now)} s more"


def _verify(content: dict[str, Any], client: ClientView, jwks: str, now: float) -> int:
    """Return when a valid signature expires. Raises InvalidSignature."""

    def find(kid: str | None, algorithms: Collection[str]) -> Sequence[jwt.PyJWK]:
        return keys_in(jwks, kid, algorithms)

    return dialect_of(client["flags"]["dialect"]).verify(content["signature"], content, find, now).expires


def _content(path: Path) -> dict[str, Any]:
    """Return a message. Raises CheckFailed."""
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise CheckFailed(f"The file cannot be read: {error.strerror}.", "Give the file with the message.") from error
    except ValueError as error:
        raise CheckFailed(
            f"The message is rejected. {error}", "Give the body of the request, byte by byte."
        ) from error


def _sent(content: dict[str, Any]) -> float:
    """Return when a message was signed, by its own account: `created` in the dialect openspp2, or its time."""
    if created := re.search(r'\bcreated="?(\d{1,12})\b', content["signature"]):
        return float(created[1])
    try:
        return datetime.fromisoformat(str(content["header"]["message_ts"]).upper()).timestamp()
    except (KeyError, TypeError, ValueError) as error:
        raise CheckFailed(
            "header.message_ts is not a date-time.",
            "The partner sends one with an offset, such as 2026-03-01T09:30:00Z.",
        ) from error
