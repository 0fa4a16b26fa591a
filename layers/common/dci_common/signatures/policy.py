"""Whether messages are signed: what a client's registration asks for, decided before anything else is loaded.

| registered as | a message that is not signed | a signed one |
|---|---|---|
| `unsigned` | is answered | is rejected |
| `optional` | is answered | is verified, and its answer is signed |
| `required` | is rejected | is verified, and its answer is signed |
| `ignore` | is answered | is answered, as if it were not signed |
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dci_common.errors import InvalidEnvelope

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.runtime import Runtime
    from dci_common.signatures.proof import Proof, Proofs
    from dci_common.spdci.callback import Signer
    from dci_common.spdci.envelope import Envelope

# What partners send in place of a signature.
_PLACEHOLDERS = {
    "",
    "Signature not implemented",
    "signature_validation_disabled",
    "some_signature_value",
    "string",
    "unsigned",
    "unsigned-stub",
}
_TEMPLATE = "{sender_id}|"  # of the standard's example, sent as it stands there


def is_signed(signature: str | None) -> bool:
    """Return whether the member `signature` of a message holds one, rather than nothing or a placeholder."""
    text = signature or ""
    return text not in _PLACEHOLDERS and _TEMPLATE not in text


def is_answered_signed(client: Client, signature: str | None) -> bool:
    """Return whether a client's message with this `signature` is answered with a signature."""
    return client.signature == "required" or (client.signature == "optional" and is_signed(signature))


def is_notified_signed(client: Client) -> bool:
    """Return whether a client's notifications, which answer no message, are signed: where it has keys of its own."""
    return client.signature == "required" or (client.signature == "optional" and bool(client.jwks or client.jwks_uri))


class Unsigned:
    """A message that is not signed, or whose signature does not count: it is answered as often as it is sent."""

    def claim(self, path: str = "") -> None:
        """Do what a proof does, which is nothing here."""


class Signatures:
    """Verifies the signatures of messages, and signs answers."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def check(self, envelope: Envelope, body: bytes, client: Client, deadline: Deadline) -> Proof | Unsigned:
        """Return the proof that a message is its client's, or that it need not be signed.

        `body` is the whole message as it was received. Raises InvalidEnvelope, and Unavailable while the client's
        keys cannot be read.
        """
        signed = is_signed(envelope.signature)
        if client.signature == "required" and not signed:
            raise InvalidEnvelope(
                f"signature is missing: sign the message, in {client.dialect}, this client's dialect.",
                "err.signature.missing",
            )
        if client.signature == "unsigned" and signed:
            raise InvalidEnvelope(
                "signature is not expected: leave it out, or ask the operators to accept signed messages.",
                "err.signature.invalid",
            )
        if not signed or client.signature == "ignore":
            return Unsigned()
        return self._proofs.of(envelope, body, client, deadline)

    def signer(self, client: Client, signature: str | None) -> Signer | None:
        """Return what signs the answer to a message with this `signature`; None where answers are not signed."""
        return self._proofs.signer(client.dialect) if is_answered_signed(client, signature) else None

    def notifier(self, client: Client) -> Signer | None:
        """Return what signs notifications to a client; None where they are not signed."""
        return self._proofs.signer(client.dialect) if is_notified_signed(client) else None

    @cached_property
    def _proofs(self) -> Proofs:
        from dci_common.signatures.proof import Proofs  # noqa: PLC0415 - unsigned messages do without

        return Proofs(self._runtime)
