"""A partner that subscribes, as tests drive it, and what it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dci_common.subscriptions.subscription_store import SubscriptionStore
from support.exchanges import Partner, Queues, Receiver
from support.subscribe_messages import subscribe_item

if TYPE_CHECKING:
    from dci_common.subscriptions.subscription import Subscription
    from support.api import Api, Reply

SCOPES = ("registry.search", "registry.subscribe", "registry.status")


class SubscribingPartner(Partner):
    """A client that may subscribe; its receiver collects the callbacks."""

    def __init__(self, api: Api, queues: Queues, receiver: Receiver, **changes: Any) -> None:
        super().__init__(api, queues, receiver.url, **{"scopes": SCOPES, **changes})
        self.receiver = receiver
        self.store = SubscriptionStore(api.runtime)

    def subscribe_message(self, *items: dict[str, Any], **header: Any) -> dict[str, Any]:
        """Return a subscribe message of these items, or of one."""
        message = self.message(name="subscribe", **header)
        message["message"]["subscribe_request"] = list(items) or [subscribe_item()]
        return message

    def subscribe(self, *items: dict[str, Any], **header: Any) -> Reply:
        """Send a subscribe message of these items, or of one."""
        return self.send(self.subscribe_message(*items, **header), "subscribe")

    def unsubscribe(self, *codes: str, **header: Any) -> Reply:
        """Send an unsubscribe message."""
        message = self.message(name="unsubscribe", **header)
        message["message"]["subscription_codes"] = list(codes)
        return self.send(message, "unsubscribe")

    def begun(self, *items: dict[str, Any], **header: Any) -> list[dict[str, Any]]:
        """Subscribe, and return the response items of the callback."""
        assert self.subscribe(*items, **header).status == 200
        answered: list[dict[str, Any]] = self.answer("subscribe_response")
        return answered

    def ended(self, *codes: str, **header: Any) -> dict[str, Any]:
        """Unsubscribe, and return the message of the callback."""
        assert self.unsubscribe(*codes, **header).status == 200
        self.work()
        message: dict[str, Any] = self.receiver.received[-1]["message"]
        return message

    def answer(self, member: str) -> Any:
        """Have everything be done that is queued, and return a member of the last callback."""
        self.work()
        return self.receiver.received[-1]["message"][member]

    def status_of(self, reply: Reply, **question: Any) -> dict[str, Any]:
        """Ask at once for the status of the exchange that a reply acknowledges, and return the response."""
        asked = {"txn_type": "", **question}
        status = self.status("correlation_id", reply.json["message"]["correlation_id"], **asked)
        return dict(status.json["message"]["txnstatus_response"])

    def active(self) -> list[Subscription]:
        """Return the client's active subscriptions."""
        return [*self.store.many([*self.store.codes_of(self.client.client_id)]).values()]


def codes(items: list[dict[str, Any]]) -> list[str]:
    """Return the codes of the subscriptions of response items."""
    return [info["code"] for item in items for info in item.get("subscriptions", ())]
