"""Accepts asynchronous messages: they are checked as a whole, stored, queued and acknowledged."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from dci_common.clients.callback_urls import is_registered, read_callback_url
from dci_common.edge.errors import PayloadTooLarge
from dci_common.errors import InvalidEnvelope, NotEntitled
from dci_common.exchange.acceptance import Acceptance
from dci_common.exchange.exchanges import Exchange, Kind
from dci_common.exchange.participants import check_participants
from dci_common.exchange.queues import Queues
from dci_common.exchange.quota import OwnThread, Quotas
from dci_common.signatures.policy import Signatures
from dci_common.spdci.asynchronous import (
    AsyncSearchEnvelope,
    TxnStatusEnvelope,
    acknowledgement,
    digest,
)
from dci_common.spdci.envelope import read_envelope
from dci_common.spdci.subscriptions import SubscribeEnvelope, UnsubscribeEnvelope
from dci_common.timestamps import day, timestamp

if TYPE_CHECKING:
    from dci_common.clients.model import Client
    from dci_common.edge.http import Request
    from dci_common.runtime import Runtime

    AsyncEnvelope = AsyncSearchEnvelope | SubscribeEnvelope | UnsubscribeEnvelope | TxnStatusEnvelope

MAX_BYTES = 256_000  # of a message, which is stored in one item
_SWEPT_AFTER = 60  # seconds after which an exchange that nobody works on is queued again


class ExchangeService:
    """The acknowledgement of asynchronous messages."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._acceptance = Acceptance(runtime)
        self._queues = Queues(runtime)
        self._signatures = Signatures(runtime)
        self._quotas = Quotas(runtime, OwnThread())

    def search(self, request: Request, client: Client) -> dict[str, Any]:
        """Accept a search. Raises InvalidRequest, NotEntitled, Conflict and LimitExceeded."""
        envelope = read_envelope(AsyncSearchEnvelope, _body(request))
        references = tuple(item.reference_id for item in envelope.message.search_request)
        request.log_fields["items"] = len(references)
        return self._accept(request, client, envelope, "search", references)

    def subscribe(self, request: Request, client: Client) -> dict[str, Any]:
        """Accept new subscriptions. Raises what `search` raises."""
        envelope = read_envelope(SubscribeEnvelope, _body(request))
        references = tuple(item.reference_id for item in envelope.message.subscribe_request)
        request.log_fields["items"] = len(references)
        return self._accept(request, client, envelope, "subscribe", references)

    def unsubscribe(self, request: Request, client: Client) -> dict[str, Any]:
        """Accept the end of subscriptions. Raises what `search` raises."""
        envelope = read_envelope(UnsubscribeEnvelope, _body(request))
        codes = tuple(dict.fromkeys(envelope.message.subscription_codes))
        request.log_fields["items"] = len(codes)
        return self._accept(request, client, envelope, "unsubscribe", codes)

    def txn_status(self, request: Request, client: Client) -> dict[str, Any]:
        """Accept a request for the status of a transaction. Raises what `search` raises."""
        envelope = read_envelope(TxnStatusEnvelope, _body(request))
        return self._accept(request, client, envelope, "status", ())

    def _accept(
        self,
        request: Request,
        client: Client,
        envelope: AsyncEnvelope,
        kind: Kind,
        references: tuple[str, ...],
    ) -> dict[str, Any]:
        settings, now = self._runtime.settings, self._runtime.clock()
        check_participants(envelope, client, settings.receiver_ids)
        proof = self._signatures.check(envelope, request.body, client, request.deadline)
        if not client.asynchronous:
            raise NotEntitled(
                "This client is not registered for asynchronous messages: ask the registry's operators, or use "
                "/registry/sync."
            )
        counted = self._quotas.reserve(client, 0)
        exchange = Exchange(
            correlation_id=str(uuid.UUID(bytes=self._runtime.random_bytes(16), version=4)),
            client_id=client.client_id,
            kind=kind,
            transaction_id=envelope.message.transaction_id,
            message_id=envelope.header.message_id,
            references=references,
            accepted=timestamp(now),
            today=day(now),
            callback_url=self._callback_url(envelope, client),
            state="delivering" if kind == "status" else "collecting",
            due=int(now) + _SWEPT_AFTER,
        )
        self._quotas.check(counted)
        proof.claim(f"{kind}, asynchronous")
        limit = settings.open_exchanges if client.open_exchanges is None else client.open_exchanges
        body = request.body.decode()
        correlation_id, accepted = self._acceptance.accept(exchange, body, digest(request.body), limit)
        request.log_fields["exchange"] = correlation_id  # which the partner knows, and not the request's
        if correlation_id == exchange.correlation_id:
            self._queues.put(exchange)
        return acknowledgement(accepted, correlation_id)

    def _callback_url(self, envelope: AsyncEnvelope, client: Client) -> str:
        """Return the address that the answer goes to; empty where it waits for a status request."""
        sent = envelope.header.sender_uri
        if sent is None:
            return client.callbacks.default_url
        try:
            url = read_callback_url(sent, self._runtime.settings.callback_test_origins)
        except ValueError as error:
            raise InvalidEnvelope(
                f"header.sender_uri cannot be called back: {error}", "err.sender_uri.invalid"
            ) from error
        if not is_registered(url, client.callbacks.urls):
            raise InvalidEnvelope(
                "header.sender_uri is not under a callback address that is registered for this client: ask the "
                "registry's operators to register it, or send one that is registered, or none.",
                "err.sender_uri.invalid",
            )
        return url


def _body(request: Request) -> bytes:
    body = request.json_body()
    if len(body) > MAX_BYTES:
        raise PayloadTooLarge(f"An asynchronous message may have {MAX_BYTES} bytes: send fewer items at once.")
    return body
