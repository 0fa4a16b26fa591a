"""The record types that partners search, and the renderer of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from dci_common.registries.social import openspp17, renderers
from dci_common.registry.catalogue.attributes import Disclosure
from dci_common.registry.catalogue.catalogue import Catalogue
from dci_common.registry.catalogue.names import folded
from dci_common.registry.errors import InvalidQuery
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import View
from dci_common.registry.query.expression import collection
from dci_common.spdci.search_items import SearchCriteria

_SOCIAL = "ns:org:RegistryType:Social"
_SOCIAL_SPELLINGS = frozenset({"social", "socialregistry", "sr"})


class RecordType(NamedTuple):
    """A record type on the wire: its name, the kind of record that it shows, and its renderer.

    A client's `record_types` name it by the standard's name, where that is another.
    """

    name: str
    kind: Kind
    render: Callable[[View, Disclosure, date], View]
    standard_name: str = ""

    def check_allowed(self, record_types: Iterable[str]) -> None:
        """Raise InvalidQuery when a client with these record types may not search it."""
        if (self.standard_name or self.name) not in record_types:
            raise InvalidQuery(f"This client may search the record types {', '.join(record_types)} only: name one.")


SR_PERSON = RecordType("SRPerson", Kind.PERSON, renderers.sr_person)
MEMBER = RecordType("Member", Kind.PERSON, renderers.member)
GROUP = RecordType("Group", Kind.GROUP, renderers.group)
OPENSPP17_PERSON = RecordType(openspp17.REG_RECORD_TYPE, Kind.PERSON, openspp17.render_person, SR_PERSON.name)

_SOCIAL_TYPES = {
    "srperson": SR_PERSON,
    "person": SR_PERSON,
    "member": MEMBER,
    "srmember": MEMBER,
    "group": GROUP,
    "household": GROUP,
}
_OPENSPP17 = folded(openspp17.REG_TYPE)
_OPENSPP17_TYPES = dict.fromkeys(("person", "srperson", "member", "srmember"), OPENSPP17_PERSON)


def resolve(criteria: SearchCriteria, catalogue: Catalogue, *, openspp17_client: bool) -> tuple[str, RecordType]:
    """Return the `reg_type` and record type of a search. Raises InvalidQuery when the registry does not serve it."""
    reg_type = criteria.reg_type or (openspp17.REG_TYPE if openspp17_client else _SOCIAL)
    name = folded(reg_type)
    if name == _OPENSPP17:
        return reg_type, _record_type(criteria, _OPENSPP17_TYPES, OPENSPP17_PERSON)
    if name in _SOCIAL_SPELLINGS:
        default = GROUP if _asks_household(criteria, catalogue) else SR_PERSON
        return reg_type, _record_type(criteria, _SOCIAL_TYPES, default)
    raise InvalidQuery(f"reg_type must be {_SOCIAL} or {openspp17.REG_TYPE}.")


def _record_type(criteria: SearchCriteria, served: dict[str, RecordType], default: RecordType) -> RecordType:
    asked = criteria.reg_record_type or criteria.response_entity or collection(criteria.query)
    if asked is None:
        return default
    found = served.get(folded(asked)) if isinstance(asked, str) else None
    if found is None:
        names = ", ".join(dict.fromkeys(record_type.name for record_type in served.values()))
        raise InvalidQuery(f"The record types served here are: {names}.")
    return found


def _asks_household(criteria: SearchCriteria, catalogue: Catalogue) -> bool:
    """Return whether an identifier is asked for that groups alone have."""
    query = criteria.query
    type_ = query.get("type") if criteria.query_type == "idtype-value" and isinstance(query, dict) else None
    attribute = catalogue.find(type_) if isinstance(type_, str) else None
    return attribute is not None and attribute.type.unique and attribute.kinds == {Kind.GROUP}
