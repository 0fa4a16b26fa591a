"""The catalogue of a registry: everything that a query may ask about, as one object.

`registries/<type>/catalogue.py` makes it, and every part of the registry that needs it is given it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from dci_common.registry.catalogue.attributes import Attribute, Disclosure, identifier_reader
from dci_common.registry.catalogue.names import folded
from dci_common.registry.catalogue.value_types import IDENTIFIER, PHONE
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind
from dci_common.registry.model.rules import Rules


class Composite(NamedTuple):
    """An index slot of two attributes: it holds the records of one value of `leading` in the order of `trailing`.

    `since` is the version of the rules whose items have the slot: the records of a registry that follows former ones
    may lack it.
    """

    slot: str
    leading: Attribute
    trailing: Attribute
    since: int = 1


class DateMeasure(Enum):
    """A whole number that follows from a date, with its least and greatest value."""

    YEARS_SINCE = (0, 200)  # completed years until today: of a birth date, the age
    YEAR = (1, 9999)


class DerivedAttribute(NamedTuple):
    """A number that a query may ask instead of the date attribute `source`, from which it follows."""

    name: str
    source: Attribute
    measure: DateMeasure
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """The attributes of one registry, and the index slots that hold them.

    `rows` are the attributes of every registry of this type; each registry has one more for each of its
    `identifier_types`. Every record is in the `record_slot`, which serves what no other slot does.
    `related_disclosure` names what a client must be allowed to see to ask about related records. `rules` are those by
    which the values are matched.
    """

    rows: tuple[Attribute, ...]
    identifier_types: frozenset[str]
    derived: tuple[DerivedAttribute, ...]
    record_slot: str
    composites: Mapping[Kind, tuple[Composite, ...]]
    related_disclosure: str
    rules: Rules = field(default_factory=Rules)

    def with_country(self, country: str) -> Catalogue:
        """Return the catalogue of a registry whose phone numbers may be in this country's national form."""
        if country == self.rules.country:
            return self
        rules = Rules(country=country)
        phone = replace(PHONE, normalize=PHONE.normalizer(rules))
        rows = tuple(replace(row, type=phone) if row.type.name == PHONE.name else row for row in self.rows)
        return replace(self, rows=rows, rules=rules)

    def with_identifier_types(self, types: Iterable[str]) -> Catalogue:
        """Return the catalogue of a registry that has these identifier types as well."""
        return replace(self, identifier_types=self.identifier_types.union(map(normalize.identifier_type, types)))

    @cached_property
    def attributes(self) -> tuple[Attribute, ...]:
        """All attributes: the identifier types in alphabetical order, then the rows."""
        rows = {name: row for row in self.rows if row.type is IDENTIFIER for name in (*row.aliases, row.name)}
        types = self.identifier_types - {row.name for row in rows.values()}
        return (*(_identifier(type_, rows.get(type_)) for type_ in sorted(types)), *self.rows)

    def find(self, name: str) -> Attribute | None:
        """Return the attribute with this name or alias, compared folded.

        An identifier type is compared exactly first, and folded only where exactly one type folds to the name:
        `urn:a:nid` and `urn:b:nid` are two.
        """
        return self._by_exact_name.get(normalize.identifier_type(name)) or self._by_folded_name.get(folded(name))

    def find_derived(self, name: str) -> DerivedAttribute | None:
        """Return the derived attribute with this name or alias, compared folded."""
        return self._derived_by_folded_name.get(folded(name))

    def required_disclosure(self, attribute: Attribute, kind: Kind) -> Disclosure:
        """Return what a client must be allowed to see to ask for an attribute of a kind of record."""
        is_own = kind in attribute.kinds and not (attribute.inherited and kind is Kind.PERSON)
        return attribute.disclosed_by if is_own else attribute.disclosed_by | {self.related_disclosure}

    def hidden_orders(self, kind: Kind, disclosed: Disclosure) -> frozenset[str]:
        """Return the slots whose order reveals values that a client with this disclosure may not see.

        A query for an attribute uses the slot of that attribute, but one for `leading` alone uses a composite slot.
        """
        return frozenset(
            composite.slot
            for composite in self.composites[kind]
            if not self.required_disclosure(composite.trailing, kind) <= disclosed
        )

    def unfilled_slots(self, kind: Kind, former: Iterable[Rules]) -> frozenset[str]:
        """Return the slots that records lack which still follow any of these former rules."""
        oldest = min((rules.version for rules in former), default=self.rules.version)
        return frozenset(composite.slot for composite in self.composites[kind] if composite.since > oldest)

    def composites_in(self, kind: Kind, unfilled: Set[str] = frozenset()) -> Iterator[Composite]:
        """Yield the composites but for those with an unfilled slot."""
        return (composite for composite in self.composites[kind] if composite.slot not in unfilled)

    def leading_slots(self, kind: Kind, unfilled: Set[str] = frozenset()) -> Iterator[tuple[Attribute, str]]:
        """Yield the attributes by whose values a slot is ordered first, each with that slot."""
        yield from ((attribute, slot) for slot, attribute in self.slots[kind].items())
        yield from ((composite.leading, composite.slot) for composite in self.composites_in(kind, unfilled))

    @cached_property
    def indexed(self) -> Mapping[Kind, tuple[Attribute, ...]]:
        """The attributes that an index entry carries of each kind of record; lookup types have items of their own."""
        return {kind: tuple(row for row in self._indexed_rows if kind in row.kinds) for kind in Kind}

    @cached_property
    def inherited(self) -> tuple[Attribute, ...]:
        """The attributes that an index entry carries of a person, and that a person may have of the household."""
        return tuple(row for row in self.indexed[Kind.PERSON] if row.inherited)

    @cached_property
    def indexed_of_people_alone(self) -> tuple[Attribute, ...]:
        """The attributes that an index entry carries of a person, without the inherited ones."""
        return tuple(row for row in self.indexed[Kind.PERSON] if not row.inherited)

    @cached_property
    def indexed_of_household(self) -> tuple[Attribute, ...]:
        """The attributes that a person's index entry carries of each household: people have none of the same name."""
        return tuple(row for row in self.indexed[Kind.GROUP] if Kind.PERSON not in row.kinds)

    @cached_property
    def indexed_of_membership(self) -> tuple[Attribute, ...]:
        """The attributes that a person's index entry carries of each membership, beside those of the household."""
        return tuple(row for row in self._indexed_rows if not row.kinds)

    @cached_property
    def slots(self) -> Mapping[Kind, Mapping[str, Attribute]]:
        """The attribute that each index slot holds, without the composites."""
        return {kind: {row.slots[kind]: row for row in self._indexed_rows if kind in row.slots} for kind in Kind}

    def slot_attributes(self, kind: Kind, slot: str) -> tuple[Attribute, ...]:
        """Return the attributes that a slot is made of; none for the record slot."""
        for composite in self.composites[kind]:
            if slot == composite.slot:
                return composite.leading, composite.trailing
        return (self.slots[kind][slot],) if slot in self.slots[kind] else ()

    @property
    def _indexed_rows(self) -> tuple[Attribute, ...]:
        return tuple(row for row in self.rows if not row.type.lookup)

    @cached_property
    def _by_exact_name(self) -> Mapping[str, Attribute]:
        """The attributes by their names as identifier types are compared; other attributes come before these."""
        types = {attribute.name: attribute for attribute in self.attributes if attribute.type is IDENTIFIER}
        return types | {normalize.identifier_type(name): row for name, row in self._row_names}

    @cached_property
    def _by_folded_name(self) -> Mapping[str, Attribute]:
        types: defaultdict[str, set[Attribute]] = defaultdict(set)
        for attribute in self.attributes:
            if attribute.type is IDENTIFIER:
                for name in (attribute.name, *attribute.aliases):
                    types[folded(name)].add(attribute)
        only = {name: attribute for name, (attribute, *others) in types.items() if not others}
        return only | {folded(name): row for name, row in self._row_names}

    @property
    def _row_names(self) -> Iterator[tuple[str, Attribute]]:
        rows = (row for row in self.rows if row.type is not IDENTIFIER)
        return ((name, row) for row in rows for name in (row.name, *row.aliases))

    @cached_property
    def _derived_by_folded_name(self) -> Mapping[str, DerivedAttribute]:
        return {folded(name): derived for derived in self.derived for name in (derived.name, *derived.aliases)}


def _identifier(type_: str, row: Attribute | None) -> Attribute:
    """Return the attribute of an identifier type of the registry's own, or of another name of a row's."""
    if row is not None:
        return replace(row, name=type_, aliases=(), read=identifier_reader(type_))
    disclosed_by = frozenset({"identifier"})
    return Attribute(type_, IDENTIFIER, frozenset(Kind), identifier_reader(type_), disclosed_by, many=True)
