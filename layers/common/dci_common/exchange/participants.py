"""The sender and receiver of an envelope: they must be the authenticated client and this registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dci_common.errors import InvalidEnvelope

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.spdci.envelope import Envelope


def check_participants(envelope: Envelope, client: Client, receiver_ids: frozenset[str]) -> None:
    """Check that the client may send this envelope here. Raises InvalidEnvelope.

    `receiver_ids` are the names of this registry; where there are none, any `receiver_id` is accepted.
    """
    header = envelope.header
    if header.sender_id != client.sender_id:
        raise InvalidEnvelope("header.sender_id is not the one registered for this client.", "err.sender_id.invalid")
    if receiver_ids and header.receiver_id and header.receiver_id not in receiver_ids:
        raise InvalidEnvelope("header.receiver_id is not the id of this registry.", "err.receiver_id.invalid")
