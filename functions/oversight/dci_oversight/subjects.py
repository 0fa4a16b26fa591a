"""The subjects of an audit: the people or groups that the parameters name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dci_common.aws.dynamodb import batch_get
from dci_common.deadline import current_deadline
from dci_common.errors import InvalidRequest, NotFound
from dci_common.registry.errors import TooManyMatches
from dci_common.registry.model.base import Kind
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.keys import RECORD, record_pk
from dci_common.registry.storage.store import RegistryStore

if TYPE_CHECKING:
    from dci_common.runtime import Runtime
    from dci_oversight.requests import Parameters

SUBJECT = ("person", "group", "identifier_type", "identifier_value", "phone")
_IDENTIFIER = {"identifier_type", "identifier_value"}
_MAX_OWNERS = 20  # of a phone number
_MAX_READ = 1000  # entries
_TOO_MANY = f"More than {_MAX_OWNERS} records have this: name one of them by its id."


class Named(NamedTuple):
    """The keys of the records that are named, and what the registry calls the type of their identifier, if by one."""

    keys: list[str]
    identifier_type: str = ""


def named_records(runtime: Runtime, parameters: Parameters) -> Named:
    """Return the records that the parameters name: none if these name no record.

    A restricted person is found by id and by identifier, and not by phone number. Raises InvalidRequest, and NotFound
    when an identifier or a phone number belongs to nobody.
    """
    named = parameters.keys() & set(SUBJECT)
    if len(named - _IDENTIFIER) + bool(named & _IDENTIFIER) > 1:
        raise InvalidRequest("Name one subject: person, group, identifier_type with identifier_value, or phone.")
    for kind in Kind:
        if name := parameters.get(kind.lower()):
            return Named([record_pk(kind, name.removeprefix(f"{kind}#"))])
    return _owners(runtime, parameters) if named else Named([])


def _owners(runtime: Runtime, parameters: Parameters) -> Named:
    # Imported here: most audits are by id, and the catalogue takes long to import.
    from dci_common.registries.social.owners import owners_by_identifier, owners_by_phone  # noqa: PLC0415

    if "phone" not in parameters and not parameters.keys() >= _IDENTIFIER:
        raise InvalidRequest("identifier_type and identifier_value belong together: send both.")
    value = parameters.get("phone") or parameters["identifier_value"]
    if value.startswith(" "):  # as a plus is read in a query
        raise InvalidRequest("A phone number or identifier begins with a space: send a plus as %2B.")
    store, budget = RegistryStore(runtime), Budget(_MAX_READ, current_deadline())
    try:
        if "phone" in parameters:
            found = Named(owners_by_phone(store, parameters["phone"], budget, entitled=False))
        else:
            identifier = parameters["identifier_type"], parameters["identifier_value"]
            owners = owners_by_identifier(store, *identifier, budget, entitled=False)
            if owners is None:
                raise InvalidRequest("The registry has no identifiers of this type.")
            found = Named(*owners)
    except TooManyMatches as error:
        raise InvalidRequest(_TOO_MANY) from error
    if not found.keys:
        raise NotFound("Nobody in the registry has this now: name a deleted record by its id.")
    if len(found.keys) > _MAX_OWNERS:
        raise InvalidRequest(_TOO_MANY)
    return found


def subjects(runtime: Runtime, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Return the records as answers have them, with whether they are in the registry now."""
    wanted = [{"pk": {"S": key}, "sk": {"S": RECORD}} for key in keys]
    found = {
        item["pk"]["S"] for item in batch_get(runtime, runtime.settings.registry_table, wanted, projection=["pk"])
    }
    return [{"record": key, "exists": key in found} for key in keys]
