"""The endpoints of changes that wait for a second person: what they are, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dci_clients.requests import read_approval_status, read_digests, read_page
from dci_common.clients.decisions import Decisions
from dci_common.clients.proposal import LISTED, approval_view, shown_view
from dci_common.clients.proposals import Proposals
from dci_common.edge.http import Request, Response
from dci_common.edge.positions import INDEX_POSITION, next_page

if TYPE_CHECKING:
    from dci_common.clients.changes import Caller
    from dci_common.clients.proposal import Proposal
    from dci_common.runtime import Runtime


class ApprovalEndpoints:
    """Endpoints that read and decide changes that wait."""

    def __init__(self, runtime: Runtime) -> None:
        self._clock = runtime.clock
        self._mode = runtime.settings.approvals
        self._proposals = Proposals(runtime)
        self._decisions = Decisions(runtime)

    def approvals(self, request: Request) -> Response:
        """Return a page of approvals, the newest first, and which changes wait in this deployment."""
        limit, position = read_page(request.query, INDEX_POSITION, LISTED)
        found, following = self._proposals.page(limit, position, read_approval_status(request.query))
        now = self._clock()
        listed = [approval_view(proposal, now) for proposal in found]
        return Response.of(200, {"approvals": listed, "mode": self._mode, **next_page(following)})

    def approval(self, request: Request) -> Response:
        """Return an approval with what it changes, and its digest as ETag."""
        proposal = self._proposals.get(_approval_id(request))
        return Response.of(200, shown_view(proposal, self._clock()), {"ETag": f'"{proposal.digest}"'})

    def approve(self, request: Request, caller: Caller) -> Response:
        """Make the change that the caller has seen."""
        return self._decided(self._decisions.approve(caller, _approval_id(request), read_digests(request)))

    def reject(self, request: Request, caller: Caller) -> Response:
        """Reject a change."""
        return self._decided(self._decisions.reject(caller, _approval_id(request)))

    def withdraw(self, request: Request, caller: Caller) -> Response:
        """Withdraw a change that the caller asked for."""
        return self._decided(self._decisions.withdraw(caller, _approval_id(request)))

    def _decided(self, proposal: Proposal) -> Response:
        return Response.of(200, approval_view(proposal, self._clock()))


def _approval_id(request: Request) -> str:
    return request.parameters.get("approval_id", "")
