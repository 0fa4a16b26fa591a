"""The proof that a signed message is its client's: verified, answered once, and answered with a signature."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from dci_common.errors import InvalidEnvelope
from dci_common.signatures.client_keys import ClientKeys
from dci_common.signatures.dialect import InvalidSignature, dialect_of
from dci_common.signatures.json_forms import Unreadable, parse
from dci_common.signatures.message_keys import MessageKeys
from dci_common.signatures.replays import claim
from dci_common.spdci.callback import Signer

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.deadline import Deadline
    from dci_common.runtime import Runtime
    from dci_common.signatures.dialect import Verified
    from dci_common.spdci.envelope import Envelope


class Proof(NamedTuple):
    """A message whose signature was verified."""

    runtime: Runtime
    client_id: str
    message_id: str
    verified: Verified

    def claim(self, path: str = "") -> None:
        """Record that the message is answered. Raises InvalidEnvelope when it was before; see `replays.claim`."""
        claim(self.runtime, self.client_id, self.message_id, self.verified, path)


class Proofs:
    """Verifies messages, and signs answers."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._client_keys = ClientKeys(runtime)

    @cached_property
    def _message_keys(self) -> MessageKeys:
        return MessageKeys(self._runtime)  # which functions that sign nothing may not read

    def of(self, envelope: Envelope, body: bytes, client: Client, deadline: Deadline) -> Proof:
        """Return the proof of a signed message. Raises InvalidEnvelope.

        What is verified is the body as it was received: its members could differ from what the envelope has read.
        """
        try:
            content = parse(body)
            find = self._client_keys.finder(client, deadline)
            verified = dialect_of(client.dialect).verify(content["signature"], content, find, self._runtime.clock())
        except (Unreadable, InvalidSignature) as error:
            raise InvalidEnvelope(
                f"signature is not valid in the dialect {client.dialect}: {error}", "err.signature.invalid"
            ) from error
        return Proof(self._runtime, client.client_id, envelope.header.message_id, verified)

    def signer(self, name: str) -> Signer:
        """Return what signs messages in a dialect."""
        dialect = dialect_of(name)

        def sign(header: str, message: str) -> str:
            key = self._message_keys.current(dialect.ALGORITHM)
            return dialect.sign(key, header, message, self._runtime.clock())

        return Signer(sign, dialect.IS_ATTACHED)
