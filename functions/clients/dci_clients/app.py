"""The clients function's routes, and the permission that each of them needs of a client or an operator."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

from dci_clients.key_endpoints import KeyEndpoints
from dci_clients.read_endpoints import ReadEndpoints
from dci_clients.requests import read_caller
from dci_clients.write_endpoints import WriteEndpoints
from dci_common.clients.changes import Caller
from dci_common.edge.administrators import AdministratorGate
from dci_common.edge.application import Endpoint, Resource, application
from dci_common.edge.http import Request, Response
from dci_common.operators.roles import Permission
from dci_common.runtime import LambdaHandler, Runtime, lambda_handler

if TYPE_CHECKING:
    from dci_clients.approval_endpoints import ApprovalEndpoints
    from dci_clients.exchange_acts import ExchangeActs
    from dci_clients.exchange_endpoints import ExchangeEndpoints
    from dci_clients.handover_endpoints import HandoverEndpoints
    from dci_clients.overview import Overview
    from dci_clients.subscription_endpoints import SubscriptionEndpoints

Change = Callable[[Request, Caller], Response]


def create_app(runtime: Runtime) -> LambdaHandler:
    """Build the function: the routes of administration, and `/handover`."""
    gate = AdministratorGate(runtime)

    def reads(endpoint: Endpoint, permission: Permission = Permission.READ_CLIENTS) -> Endpoint:
        def authenticated(request: Request) -> Response:
            gate.bearer(request, permission)
            return endpoint(request)

        return authenticated

    def changes(change: Change, permission: Permission = Permission.MANAGE_CLIENTS) -> Endpoint:
        def authenticated(request: Request) -> Response:
            return change(request, read_caller(request, gate.bearer(request, permission)))

        return authenticated

    return application(_resources(runtime, reads, changes), runtime)


def _resources(
    runtime: Runtime, reads: Callable[..., Endpoint], changes: Callable[..., Endpoint]
) -> dict[str, Resource]:
    read, write, keys = ReadEndpoints(runtime), WriteEndpoints(runtime), KeyEndpoints(runtime)

    @cache
    def exchanges() -> ExchangeEndpoints:
        from dci_clients.exchange_endpoints import ExchangeEndpoints  # noqa: PLC0415 - few requests ask for exchanges

        return ExchangeEndpoints(runtime)

    @cache
    def subscriptions() -> SubscriptionEndpoints:
        from dci_clients.subscription_endpoints import SubscriptionEndpoints  # noqa: PLC0415 - as above

        return SubscriptionEndpoints(runtime)

    @cache
    def approvals() -> ApprovalEndpoints:
        from dci_clients.approval_endpoints import ApprovalEndpoints  # noqa: PLC0415 - as above

        return ApprovalEndpoints(runtime)

    @cache
    def handovers() -> HandoverEndpoints:
        from dci_clients.handover_endpoints import HandoverEndpoints  # noqa: PLC0415 - as above

        return HandoverEndpoints(runtime)

    @cache
    def acts() -> ExchangeActs:
        from dci_clients.exchange_acts import ExchangeActs  # noqa: PLC0415 - as above

        return ExchangeActs(runtime)

    def preview(request: Request) -> Response:
        from dci_clients.client_preview import client_preview  # noqa: PLC0415 - as above

        return client_preview(request)

    @cache
    def overview() -> Overview:
        from dci_clients.overview import Overview  # noqa: PLC0415 - as above

        return Overview(runtime)

    def usage(request: Request) -> Response:
        from dci_clients.client_usage import client_usage  # noqa: PLC0415 - as above

        return client_usage(runtime, request)

    decides = partial(changes, permission=Permission.APPROVE)
    sends_again = partial(changes, permission=Permission.SEND_AGAIN)
    client, approval, exchange = "/clients/{client_id}", "/approvals/{approval_id}", "/exchanges/{correlation_id}"
    routes: dict[str, dict[str, Endpoint]] = {
        "/clients": {"GET": reads(read.clients), "POST": changes(write.create)},
        "/overview": {"GET": reads(lambda request: overview().overview(request))},
        "/clients/preview": {"GET": reads(preview)},
        "/clients/deleted": {"GET": reads(read.deleted)},
        "/clients/log": {"GET": reads(read.whole_log, Permission.LOG)},
        client: {"GET": reads(read.client), "PATCH": changes(write.update), "DELETE": changes(write.delete)},
        f"{client}/disable": {"POST": changes(write.disable)},
        f"{client}/enable": {"POST": changes(write.enable)},
        f"{client}/revoke-tokens": {"POST": changes(write.revoke_tokens)},
        f"{client}/secrets": {"GET": reads(read.secrets), "POST": changes(write.add_secret)},
        f"{client}/secrets/{{secret_id}}": {"DELETE": changes(write.delete_secret)},
        f"{client}/handovers": {
            "GET": reads(lambda request: handovers().open(request)),
            "POST": changes(lambda request, by: handovers().create(request, by)),
        },
        f"{client}/handovers/{{handover_id}}": {
            "DELETE": changes(lambda request, by: handovers().withdraw(request, by))
        },
        "/handover": {  # without authentication: the link and the code are what opens it
            "GET": lambda request: handovers().page(request),
            "POST": lambda request: handovers().redeem(request),
        },
        "/handover/handover.js": {"GET": lambda request: handovers().script(request)},
        f"{client}/usage": {"GET": reads(usage)},
        f"{client}/resume": {"POST": sends_again(lambda request, by: acts().resume(request, by))},
        f"{client}/redrive": {"POST": sends_again(lambda request, by: acts().redrive_dead(request, by))},
        f"{client}/log": {"GET": reads(read.log, Permission.LOG)},
        "/approvals": {"GET": reads(lambda request: approvals().approvals(request))},
        approval: {"GET": reads(lambda request: approvals().approval(request))},
        f"{approval}/approve": {"POST": decides(lambda request, by: approvals().approve(request, by))},
        f"{approval}/reject": {"POST": decides(lambda request, by: approvals().reject(request, by))},
        f"{approval}/withdraw": {"POST": changes(lambda request, by: approvals().withdraw(request, by))},
        "/keys": {"GET": reads(keys.published)},
        "/keys/rotate": {"POST": changes(keys.rotate)},
        "/keys/revoke": {"POST": changes(keys.revoke)},
        "/keys/messages/rotate": {"POST": changes(keys.rotate_messages)},
        "/keys/messages/revoke": {"POST": changes(keys.revoke_messages)},
        "/exchanges": {"GET": reads(lambda request: exchanges().exchanges(request))},
        "/exchanges/paused": {"GET": reads(lambda request: exchanges().paused(request))},
        exchange: {"GET": reads(lambda request: exchanges().exchange(request))},
        f"{exchange}/redrive": {"POST": sends_again(lambda request, by: acts().redrive(request, by))},
        f"{exchange}/cancel": {"POST": changes(lambda request, by: acts().cancel(request, by))},
        "/subscriptions": {"GET": reads(lambda request: subscriptions().subscriptions(request))},
        "/subscriptions/failing": {"GET": reads(lambda request: subscriptions().failing(request))},
        "/subscriptions/{code}": {"GET": reads(lambda request: subscriptions().subscription(request))},
        "/subscriptions/{code}/cancel": {"POST": changes(lambda request, by: subscriptions().cancel(request, by))},
    }
    return {path: Resource(methods) for path, methods in routes.items()}


handler = lambda_handler(create_app)
