"""Attributes: what can be asked of a record, where its value is found in a view, and which index slot holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date

from dci_common.registry.catalogue.value_types import ValueType
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind
from dci_common.registry.model.views import AnyView, home_of

Disclosure = frozenset[str]  # the names of what a client may see of a record
Reader = Callable[[AnyView, date], Sequence[object]]

EQUALITY_OPERATORS = ("eq", "in")
ALL_OPERATORS = (*EQUALITY_OPERATORS, "lt", "le", "gt", "ge")


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """A row of the catalogue.

    `kinds` are the kinds of record that have the attribute; a query about the other kind asks it of the members of a
    group, or of the households of a person. An attribute of neither kind belongs to the membership itself. `read`
    returns the values of a view on a day. `disclosed_by` names what a client must be allowed to see to ask for it.

    `slots` names the index slot that holds the value, for kinds that have one. `many` says that a record may have
    several values. `inherited` says that a person without a value has that of their first household. `volatile` says
    that the value also depends on the day and on who asks, so that an index entry is not always right about it.
    `distinct` is about how many values the attribute has in a large registry, by which ranges of slots are ranked.
    """

    name: str
    type: ValueType = field(repr=False)
    kinds: Set[Kind] = field(repr=False)
    read: Reader = field(repr=False)
    disclosed_by: Disclosure = field(repr=False)
    aliases: tuple[str, ...] = field(default=(), repr=False)
    slots: Mapping[Kind, str] = field(default_factory=dict, repr=False)
    many: bool = field(default=False, repr=False)
    inherited: bool = field(default=False, repr=False)
    volatile: bool = field(default=False, repr=False)
    distinct: int = field(default=1_000, repr=False)

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that a query may use with the attribute."""
        return ALL_OPERATORS if self.type.ordered and not self.many else EQUALITY_OPERATORS

    def values(self, view: AnyView, today: date) -> list[str]:
        """Return the normalised values of a record's view."""
        return self.normalized(self.read(home_of(view) if self.inherited else view, today))

    def normalized(self, read: Iterable[object]) -> list[str]:
        """Return the normalised values of what was read."""
        normalizer, values = self.type.normalize, []
        for raw in read:  # a comprehension takes longer: most attributes have one value
            if value := normalizer(raw if isinstance(raw, str) else _as_text(raw)):
                values.append(value)  # noqa: PERF401
        return values


def _as_text(raw: object) -> str:
    return str(raw).lower() if isinstance(raw, bool) else repr(raw) if isinstance(raw, float) else str(raw)


def field_reader(name: str) -> Reader:
    """Return a reader of one field."""
    return lambda view, _: (view[name],) if name in view else ()


def list_reader(name: str) -> Reader:
    """Return a reader of a field that is a list."""
    return lambda view, _: view.get(name, ())


def joined_reader(*names: str) -> Reader:
    """Return a reader of several fields as one text, without those that have no value."""
    if len(names) == 1:
        return field_reader(*names)

    def read(view: AnyView, _: date) -> list[str]:
        return [" ".join(present)] if (present := [view[name] for name in names if name in view]) else []

    return read


def identifier_reader(type_: str) -> Reader:
    """Return a reader of the values of one identifier type, given in its normalised form."""
    return lambda view, _: [
        identifier["identifier_value"]
        for identifier in view.get("identifiers", ())
        if normalize.identifier_type(identifier["identifier_type"]) == type_
    ]
