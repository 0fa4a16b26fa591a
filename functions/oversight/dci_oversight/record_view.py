"""The view of a record, for a data-officer who gives a reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dci_common.deadline import current_deadline
from dci_common.edge.http import Response
from dci_common.errors import InvalidRequest, NotFound
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import MEMBERSHIP_FIELDS, own_fields
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.keys import record_pk
from dci_common.registry.storage.store import RegistryStore
from dci_oversight.requests import read_parameters

if TYPE_CHECKING:
    from dci_common.edge.http import Request
    from dci_common.registry.model.views import View
    from dci_common.runtime import Runtime
    from dci_oversight.looks import Look

_MAX_ID_BYTES = 512
_MAX_READ = 1000
_SURROGATE = re.compile("[\ud800-\udfff]")  # of a path that is not UTF-8
_KINDS = {kind.lower(): kind for kind in Kind}


def record(runtime: Runtime, request: Request, look: Look) -> Response:
    """Return a person or a group with its memberships, once the look has been recorded. Raises NotFound.

    Restricted members of a group are left out: such a person is found by their own id or identifier alone.
    """
    parameters = read_parameters(request, "reason")
    if "reason" not in parameters:
        raise InvalidRequest("reason is missing: say why the record is to be seen; it is recorded.")
    kind, record_id = _KINDS.get(request.parameters.get("kind", "")), request.parameters.get("id", "")
    if (
        kind is None
        or not 0 < len(record_id.encode(errors="replace")) <= _MAX_ID_BYTES
        or _SURROGATE.search(record_id)
    ):
        raise NotFound("There is no such record: the path is /records/person/{id} or /records/group/{id}.")
    look.record(f"records/{kind.lower()}", parameters, [record_pk(kind, record_id)])
    found = RegistryStore(runtime).views(kind, [record_id], Budget(_MAX_READ, current_deadline()))
    if record_id not in found:
        raise NotFound("There is no record with this id.")
    return Response.of(200, _shown(kind, found[record_id]))


def _shown(kind: Kind, view: View) -> dict[str, Any]:
    member, other = ("households", "group_id") if kind is Kind.PERSON else ("members", "person_id")
    memberships = [_membership(other, entry) for entry in view[member] if not entry.get("restricted")]
    return {"kind": kind.lower(), "id": view["id"], "record": own_fields(view), "memberships": memberships}


def _membership(other: str, entry: View) -> dict[str, Any]:
    return {other: entry["id"], **{name: entry[name] for name in MEMBERSHIP_FIELDS if name in entry}}
