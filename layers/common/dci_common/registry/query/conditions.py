"""Conditions: the name of an attribute, an operator and a value, as any query type has them, read into the tree."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date

from dci_common.registry.catalogue.attributes import EQUALITY_OPERATORS, Attribute, Disclosure
from dci_common.registry.catalogue.catalogue import Catalogue, DateMeasure, DerivedAttribute
from dci_common.registry.catalogue.value_types import PARTIAL_DATE, TEXT
from dci_common.registry.errors import InvalidCondition, InvalidQuery
from dci_common.registry.model.base import Kind
from dci_common.registry.model.normalize import MAX_VALUE_BYTES
from dci_common.registry.model.rules import Rules
from dci_common.registry.query.derived import derived_condition
from dci_common.registry.query.partial_dates import compare_dates
from dci_common.registry.query.sort import SortKey
from dci_common.registry.query.tree import AnyRelated, Compare, IdIn, Node, any_of, leaves

MAX_VALUES = 100
MAX_LEAVES = 100


@dataclass(frozen=True, slots=True)
class Conditions:
    """Makes the conditions of one query about one kind of record, for a client with this disclosure, on one day.

    Values are asked in the form of the catalogue's rules, and in those of `former` rules that items may still have.
    """

    catalogue: Catalogue
    kind: Kind
    disclosure: Disclosure
    today: date
    former: Set[Rules] = frozenset()
    _made: list[Compare | IdIn] = field(default_factory=list, init=False, repr=False, compare=False)

    def start(self) -> None:
        """Begin to count the conditions of another query."""
        self._made.clear()

    def compare(self, name: object, operator: object, raw: object, where: str) -> Node:
        """Return a condition. Raises InvalidCondition, and InvalidQuery as soon as the query has too many."""
        attribute, derived = self._attribute(name, where)
        asked = operator.lower() if isinstance(operator, str) else ""
        if asked not in attribute.operators:
            offered = ", ".join(attribute.operators)
            raise InvalidCondition(f"{where}: {attribute.name} can be asked with the operators {offered}.")
        values = [_as_text(value, attribute.name, where) for value in _as_list(raw, asked, where)]
        if derived:
            numbers = [_whole_number(value, derived, where) for value in values]
            node = any_of(derived_condition(derived, asked, number, self.today) for number in numbers)
        else:
            node = self._comparison(attribute, asked, values, where)
        self._made.extend(leaves(node))
        if len(self._made) > MAX_LEAVES:
            raise InvalidQuery(f"The query has more than {MAX_LEAVES} conditions.")
        return node if self.kind in attribute.kinds else AnyRelated(node)

    def attribute(self, name: object, where: str) -> Attribute:
        """Return the attribute with this name. Raises InvalidCondition when this client may not ask for it."""
        return self._attribute(name, where)[0]

    def sort_key(self, name: object, *, descending: bool, where: str) -> SortKey | None:
        """Return a sort key; None when no such attribute exists. Raises InvalidCondition when it is not disclosed."""
        if not isinstance(name, str) or not (self.catalogue.find(name) or self.catalogue.find_derived(name)):
            return None
        attribute, derived = self._attribute(name, where)
        falls = derived is not None and derived.measure is DateMeasure.YEARS_SINCE  # the younger were born later
        return SortKey(attribute, self.kind not in attribute.kinds, descending is not falls)

    def _attribute(self, name: object, where: str) -> tuple[Attribute, DerivedAttribute | None]:
        """Return an attribute, and the derived one by which it was named."""
        if not isinstance(name, str) or not name.strip():
            raise InvalidCondition(f"{where} must name an attribute.")
        derived = self.catalogue.find_derived(name)
        attribute = derived.source if derived else self.catalogue.find(name)
        if attribute is None:
            offered = ", ".join(self._offered()) or "none"
            raise InvalidCondition(f"{where}: there is no such attribute. This client can ask: {offered}.")
        if not self._is_disclosed(attribute):
            raise InvalidCondition(
                f"{where}: {attribute.name} is not disclosed to this client, so it cannot be asked."
            )
        return attribute, derived

    def _comparison(self, attribute: Attribute, operator: str, values: list[str], where: str) -> Node:
        """Compare with values; texts that end in `*` are prefixes."""
        if attribute.type is PARTIAL_DATE:
            forms = [form for value in values for form in self._forms(attribute, value, where)]
            return compare_dates(attribute, operator, forms)
        others: list[tuple[str, str]] = []  # an operator that takes one value, and the value
        if operator not in EQUALITY_OPERATORS:
            others = [(operator, value) for value in values]
        elif attribute.type is TEXT:
            others = [("prefix", value[:-1]) for value in values if value.endswith("*")]
            values = [value for value in values if not value.endswith("*")]
        nodes: list[Node] = [
            Compare(attribute, one, (form,)) for one, value in others for form in self._forms(attribute, value, where)
        ]
        if operator in EQUALITY_OPERATORS and values:
            wanted = tuple(form for value in values for form in self._forms(attribute, value, where))
            nodes.insert(0, Compare(attribute, "in" if len(wanted) > 1 else operator, wanted))
        return any_of(nodes)

    def _forms(self, attribute: Attribute, text: str, where: str) -> list[str]:
        """Return the forms in which a record may have a value."""
        form = attribute.type.normalize(text)
        if not form:
            raise InvalidCondition(f"{where}: {attribute.name} needs {attribute.type.expected}.")
        if not self.former:
            return [form]
        former = (attribute.type.normalizer(rules)(text) for rules in self.former)
        return list(dict.fromkeys([form, *filter(None, former)]))

    def _offered(self) -> list[str]:
        """Return the names of all attributes that this client may ask for."""
        derived = [derived.name for derived in self.catalogue.derived if self._is_disclosed(derived.source)]
        return derived + [found.name for found in self.catalogue.attributes if self._is_disclosed(found)]

    def _is_disclosed(self, attribute: Attribute) -> bool:
        return self.catalogue.required_disclosure(attribute, self.kind) <= self.disclosure


def _as_list(raw: object, operator: str, where: str) -> list[object]:
    """Return the values to compare with: one, or for `in` a list or its comma-separated spelling."""
    values: list[object] = [raw]
    if operator == "in":
        values = raw if isinstance(raw, list) else [*raw.split(",")] if isinstance(raw, str) else [raw]
    if not 1 <= len(values) <= MAX_VALUES:
        raise InvalidCondition(f"{where}: give 1 to {MAX_VALUES} values.")
    return values


def _as_text(raw: object, name: str, where: str) -> str:
    """Return a value as text: numbers and booleans as JSON writes them."""
    if raw is None or isinstance(raw, (dict, list)):
        raise InvalidCondition(f"{where}: {name} needs a value that is a string, a number or a boolean.")
    # Python cannot write the largest numbers.
    is_huge = isinstance(raw, int) and raw.bit_length() > 8 * MAX_VALUE_BYTES
    text = str(raw).lower() if isinstance(raw, bool) else "" if is_huge else str(raw).strip()
    if is_huge or len(text.encode()) > MAX_VALUE_BYTES:
        raise InvalidCondition(f"{where}: a value of {name} has more than {MAX_VALUE_BYTES} bytes.")
    if not text:
        raise InvalidCondition(f"{where}: a value of {name} is empty; it must be a string, a number or a boolean.")
    return text


def _whole_number(text: str, derived: DerivedAttribute, where: str) -> int:
    low, high = derived.measure.value
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(high)) and low <= int(text) <= high):
        raise InvalidCondition(f"{where}: {derived.name} needs a whole number from {low} to {high}.")
    return int(text)
