"""The endpoints of handovers: managers make them, and a visitor with a link and its code gets the secret."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dci_clients.handover_page import HEADERS, form_page, refusal_page, secret_page
from dci_clients.requests import check_members, client_id, read_new_secret, read_page
from dci_common.clients.changes import Caller
from dci_common.clients.handover_items import handed_over_view, handover_view, listed_handovers
from dci_common.clients.handover_redemption import Redemption
from dci_common.clients.handovers import Handovers
from dci_common.clients.store import ClientStore
from dci_common.edge.bearer import issuer
from dci_common.edge.errors import UnsupportedMediaType, error_response, is_expected
from dci_common.edge.http import Request, Response
from dci_common.edge.positions import INDEX_POSITION, next_page
from dci_common.errors import InvalidRequest, NotEntitled
from dci_common.logs import log_failure
from dci_common.runtime import Runtime
from dci_common.validation import describe

_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_MAX_FIELDS = 10
_SCRIPT = Path(__file__).with_name("handover.js").read_text("utf-8")


class LinkAndCode(BaseModel):
    """What opens a handover: its link, or what follows the `#` in it, and its code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    link: Annotated[str, Field(min_length=1, max_length=2000)]
    code: Annotated[str, Field(min_length=1, max_length=50)]

    @property
    def token(self) -> str:
        """What follows the `#`."""
        return self.link.strip().rpartition("#")[2]


class HandoverEndpoints:
    """The endpoints of `/clients/{client_id}/handovers` and `/handover`. The latter need no authentication."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._clients = ClientStore(runtime)
        self._handovers = Handovers(runtime)
        self._redemption = Redemption(runtime)

    def create(self, request: Request, caller: Caller) -> Response:
        """Make a handover, and return it with its link and its code, which cannot be read again."""
        overlap = read_new_secret(request).old_expires_in
        made = self._handovers.create(caller, client_id(request), overlap)
        # A fragment is sent to no server: it is in no log of any, and no `Referer`.
        opens = {"link": f"{issuer(self._runtime, request)}/handover#{made.token}", "code": made.code}
        return Response.of(201, {**handover_view(made.handover), **opens})

    def open(self, request: Request) -> Response:
        """Return a page of a client's open handovers."""
        owner = client_id(request)
        limit, position = read_page(request.query, INDEX_POSITION, listed_handovers(owner))
        self._clients.get(owner)
        found, following = self._handovers.page(owner, limit, position)
        return Response.of(200, {"handovers": [handover_view(one) for one in found], **next_page(following)})

    def withdraw(self, request: Request, caller: Caller) -> Response:
        """Withdraw a handover."""
        self._handovers.withdraw(caller, client_id(request), request.parameters.get("handover_id", ""))
        return Response(204)

    def page(self, _: Request) -> Response:
        """Return the page that asks for the code. It reads and changes nothing."""
        return form_page(200)

    def script(self, _: Request) -> Response:
        """Return the page's script."""
        return Response(200, _SCRIPT, {**HEADERS, "Content-Type": "text/javascript; charset=utf-8"})

    def redeem(self, request: Request) -> Response:
        """Make the secret, and show it: in a page for a form, as JSON for JSON."""
        match request.content_type():
            case "application/json":
                return Response.of(200, self._redeemed(request, _read_json(request.json_body())), HEADERS)
            case "application/x-www-form-urlencoded":
                return self._redeemed_page(request)
        raise UnsupportedMediaType(f"Send the link and the code with Content-Type: {_JSON} or {_FORM}.")

    def _redeemed_page(self, request: Request) -> Response:
        try:
            return secret_page(self._redeemed(request, _read_form(request.body)))
        except Exception as error:  # noqa: BLE001 - as in `application`: unexpected ones are logged
            if not is_expected(error):
                log_failure(error, request.correlation_id)
            answer = error_response(error)
            request.log_fields["outcome"] = answer.code
            return refusal_page(answer)

    def _redeemed(self, request: Request, sent: LinkAndCode) -> dict[str, str]:
        _check_site(request, issuer(self._runtime, request))
        client, secret, stored = self._redemption.redeem(sent.token, sent.code, request.source)
        request.log_fields["client_id"] = client.client_id
        token_url = f"{issuer(self._runtime, request)}/oauth2/client/token"
        return {**handed_over_view(client.client_id, client.name, stored, token_url), "client_secret": secret}


def _check_site(request: Request, own: str) -> None:
    """Raise NotEntitled for what a page of another site sends, as its visitor's browser says.

    A browser that does not say it names the page's origin, but for a page such as ours, which sends no referrer.
    """
    site, origin = (request.headers.get(name) for name in ("sec-fetch-site", "origin"))
    own_origin = "/".join(own.split("/")[:3])
    if site not in {None, "same-origin", "none"} or (site is None and origin not in {None, "null", own_origin}):
        raise NotEntitled("This was sent from a page of another site: open the link that you were sent instead.")


def _read_json(body: bytes) -> LinkAndCode:
    check_members(body)
    try:
        return LinkAndCode.model_validate_json(body)
    except ValidationError as error:
        raise InvalidRequest(describe(error, "The request")) from error


def _read_form(body: bytes) -> LinkAndCode:
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise InvalidRequest("The form cannot be decoded: send link and code, in UTF-8.") from error
    if len(dict(fields)) < len(fields):
        raise InvalidRequest("A field is repeated: send link and code, each once.")
    try:
        return LinkAndCode.model_validate(dict(fields))
    except ValidationError as error:
        raise InvalidRequest(describe(error, "The form")) from error
