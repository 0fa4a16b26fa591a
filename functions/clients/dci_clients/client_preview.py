"""The endpoint that shows what a client with some disclosures would see of an example."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from dci_common.clients.model import RECORD_TYPES
from dci_common.edge.http import Request, Response
from dci_common.errors import InvalidRequest
from dci_common.registries.social.disclosure import NAMES
from dci_common.registries.social.preview import preview

if TYPE_CHECKING:
    from collections.abc import Iterable

_PARAMETERS = ("disclosure", "record_types", "openspp17")


def client_preview(request: Request) -> Response:
    """Return what an invented person and household look like to a client. Raises InvalidRequest."""
    parameters = dict(parse_qsl(request.query, keep_blank_values=True))
    if not parameters.keys() <= set(_PARAMETERS):
        raise InvalidRequest(f"A parameter is unknown; there are {', '.join(_PARAMETERS)}.")
    names = _names("disclosure", parameters.get("disclosure", ""), NAMES)
    record_types = _names("record_types", parameters.get("record_types", ""), RECORD_TYPES) or list(RECORD_TYPES)
    openspp17 = parameters.get("openspp17", "false")
    if openspp17 not in {"true", "false"}:
        raise InvalidRequest("openspp17 must be true or false.")
    return Response.of(200, preview(names, record_types, openspp17=openspp17 == "true"))


def _names(member: str, text: str, known: Iterable[str]) -> list[str]:
    """Return the names of a list with commas. Raises InvalidRequest for one that is not known."""
    names = [name for name in text.split(",") if name]
    if not {*names} <= {*known}:
        raise InvalidRequest(f"{member} must be names, with commas between them, of: {', '.join(sorted(known))}.")
    return names
