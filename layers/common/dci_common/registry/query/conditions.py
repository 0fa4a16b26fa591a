"""From an attribute's name, an operator and a value, as any query type sends them, to a node of the query tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from dci_common.errors import Rejection
from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.catalogue.catalogue import BIRTH_DATE, Catalogue
from dci_common.registry.catalogue.disclosure import Disclosure
from dci_common.registry.catalogue.types import Type, years_before
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind
from dci_common.registry.query.sort import SortKey
from dci_common.registry.query.tree import NOTHING, AnyRelated, Compare, Node, all_of, any_of

MAX_VALUES = 100
_OLDEST = 200
_LAST_YEAR = 9999
# What is asked of a birth date in other words.
_AGES, _YEARS = {"AGE"}, {"YOB", "YEAR_OF_BIRTH", "BIRTH_YEAR"}


def bad_criteria(message: str) -> Rejection:
    """Make the answer to a query whose shape is not understood."""
    return Rejection("rjct.search_criteria.invalid", message)


def bad_filter(message: str) -> Rejection:
    """Make the answer to a condition that can not be asked."""
    return Rejection("rjct.filter.invalid", message)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Makes conditions about one kind of record, for a client that may see `disclosure`, on one day."""

    catalogue: Catalogue
    kind: Kind
    disclosure: Disclosure
    today: date

    def compare(self, name: object, operator: object, raw: object, where: str) -> Node:
        """Make a condition. Raises Rejection."""
        attribute = self.attribute(name, where)
        asked = operator.lower() if isinstance(operator, str) else ""
        if asked not in attribute.operators:
            offered = ", ".join(attribute.operators)
            raise bad_filter(f"{where}: {attribute.name} can be asked with the operators {offered}.")
        values = [_text(value, attribute.name, where) for value in _listed(raw, asked, where)]
        node = self._node(attribute, _last_word(name), asked, values, where)
        return node if self.kind in attribute.of else AnyRelated(node)

    def find(self, name: object) -> Attribute | None:
        """Find an attribute, whether or not this client may ask about it."""
        if not isinstance(name, str):
            return None
        return BIRTH_DATE if _last_word(name) in _AGES | _YEARS else self.catalogue.find(name)

    def attribute(self, name: object, where: str) -> Attribute:
        """Find an attribute that this client may ask about. Raises Rejection."""
        if not isinstance(name, str) or not name.strip():
            raise bad_filter(f"{where} must name an attribute.")
        attribute = self.find(name)
        if attribute is None:
            offered = ", ".join(self._offered()) or "none"
            raise bad_filter(f"{where}: there is no such attribute. This client can ask: {offered}.")
        if not self._is_disclosed(attribute):
            raise bad_filter(f"{where}: {attribute.name} is not disclosed to this client, so it can not be asked.")
        return attribute

    def sort_key(self, name: object, *, descending: bool, where: str) -> SortKey | None:
        """Make a key to sort by; None when there is no such attribute. Raises Rejection when it is not disclosed."""
        if self.find(name) is None:
            return None
        attribute = self.attribute(name, where)
        by_age = _last_word(name) in _AGES  # the younger were born later
        return SortKey(attribute, self.kind not in attribute.of, descending is not by_age)

    def _offered(self) -> list[str]:
        """Return the names of all that this client may ask about, and of nothing else."""
        in_other_words = ["age", "YOB"] if self._is_disclosed(BIRTH_DATE) else []
        return in_other_words + [found.name for found in self.catalogue.attributes if self._is_disclosed(found)]

    def _is_disclosed(self, attribute: Attribute) -> bool:
        return attribute.needs(self.kind) <= self.disclosure

    def _node(self, attribute: Attribute, word: str, operator: str, values: list[str], where: str) -> Node:
        if word in _AGES:
            return any_of(_age(operator, _whole(value, 0, _OLDEST, "age", where), self.today) for value in values)
        if word in _YEARS:
            return any_of(_year(operator, _whole(value, 1, _LAST_YEAR, "YOB", where)) for value in values)
        if attribute.type is Type.TEXT and operator in {"eq", "in"}:
            return _texts(attribute, values, where)
        return Compare(attribute, operator, tuple(_matched(attribute, value, where) for value in values))


def _texts(attribute: Attribute, values: Iterable[str], where: str) -> Node:
    """Compare with texts, of which those that end in `*` are prefixes."""
    plain, nodes = [], []
    for value in values:
        if value.endswith("*"):
            nodes.append(Compare(attribute, "prefix", (_matched(attribute, value[:-1], where),)))
        else:
            plain.append(_matched(attribute, value, where))
    exact = [Compare(attribute, "in" if len(plain) > 1 else "eq", tuple(plain))] if plain else []
    return any_of([*exact, *nodes])


def _age(operator: str, years: int, today: date) -> Node:
    """Translate a condition on age: who is n years old was born after the day n + 1 years ago."""
    match operator:
        case "lt":
            return _born("gt", years_before(today, years))
        case "le":
            return _born("gt", years_before(today, years + 1))
        case "gt":
            return _born("le", years_before(today, years + 1))
        case "ge":
            return _born("le", years_before(today, years))
    return all_of([_born("le", years_before(today, years)), _born("gt", years_before(today, years + 1))])


def _born(operator: str, day: date | None) -> Node:
    if day is None:  # before all dates
        return NOTHING if operator == "le" else Compare(BIRTH_DATE, "gt", ("",))
    return Compare(BIRTH_DATE, operator, (day.isoformat(),))


def _year(operator: str, year: int) -> Node:
    first, last = f"{year:04}-01-01", f"{year:04}-12-31"
    match operator:
        case "lt" | "ge":
            return Compare(BIRTH_DATE, operator, (first,))
        case "gt" | "le":
            return Compare(BIRTH_DATE, operator, (last,))
    return all_of([Compare(BIRTH_DATE, "ge", (first,)), Compare(BIRTH_DATE, "le", (last,))])


def _last_word(name: object) -> str:
    return normalize.identifier_type(name).rpartition(":")[2].rpartition(".")[2] if isinstance(name, str) else ""


def _listed(raw: object, operator: str, where: str) -> list[object]:
    """Return the values to compare with: one, or for `in` a list or its comma-separated spelling."""
    values: list[object] = [raw]
    if operator == "in":
        values = raw if isinstance(raw, list) else [*raw.split(",")] if isinstance(raw, str) else [raw]
    if not 1 <= len(values) <= MAX_VALUES:
        raise bad_filter(f"{where}: give 1 to {MAX_VALUES} values.")
    return values


def _text(raw: object, name: str, where: str) -> str:
    """Return a value as text: numbers and booleans as JSON writes them."""
    if raw is None or isinstance(raw, (dict, list)):
        raise bad_filter(f"{where}: {name} needs a value that is a string, a number or a boolean.")
    # Python refuses to write the largest numbers.
    is_huge = isinstance(raw, int) and raw.bit_length() > 8 * normalize.MAX_VALUE_BYTES
    text = str(raw).lower() if isinstance(raw, bool) else "" if is_huge else str(raw).strip()
    if is_huge or len(text.encode()) > normalize.MAX_VALUE_BYTES:
        raise bad_filter(f"{where}: a value of {name} has more than {normalize.MAX_VALUE_BYTES} bytes.")
    if not text:
        raise bad_filter(f"{where}: a value of {name} is empty; it must be a string, a number or a boolean.")
    return text


def _matched(attribute: Attribute, text: str, where: str) -> str:
    form = attribute.type.value
    match: Callable[[str], str] = form.match
    matched = match(text)
    if not matched:
        raise bad_filter(f"{where}: {attribute.name} needs {form.expected}.")
    return matched


def _whole(text: str, low: int, high: int, name: str, where: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(high)) and low <= int(text) <= high):
        raise bad_filter(f"{where}: {name} needs a whole number from {low} to {high}.")
    return int(text)
