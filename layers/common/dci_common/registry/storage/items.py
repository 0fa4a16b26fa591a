"""The items of RegistryTable, built from views: records with their index attributes, memberships, and lookups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydantic_core import from_json

from dci_common.aws.dynamodb import Item
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind, record_fields
from dci_common.registry.model.followed import followed
from dci_common.registry.model.rules import VERSION, Rules
from dci_common.registry.model.views import View, membership_fields
from dci_common.registry.storage import keys
from dci_common.registry.storage.body import MAX_BODIES, compressed_body, digest_of, encoded
from dci_common.registry.storage.facets import Indexing

if TYPE_CHECKING:
    from dci_common.registry.model.records import Membership

Ref = tuple[str, str]  # an item's pk and sk
IDENTIFIER_TYPES, RESTRICTED_TYPES = "identifier_types", "restricted_types"  # attributes of the settings
RULES, FORMER_RULES = "matching_rules", "former_rules"  # attributes of the settings too
ID_KEY = "id_key"  # another
RESTRICTED = "restricted"  # the mark of a lookup item whose owner is a restricted person
FOLLOWED = "followed"  # what a record's item says of the record that it follows (see followed.py)

# A body of more characters than this (300 KB at most, in UTF-8) is stored in items of its own.
_PART_CHARACTERS = 75_000
_PART_BYTES = 4 * _PART_CHARACTERS


def ref_of(item: Item) -> Ref:
    """Return an item's key as a pair."""
    return item["pk"]["S"], item["sk"]["S"]


class TornBody(ValueError):
    """The parts of a body are not those that were written with its record."""


class Marks(NamedTuple):
    """What a record's item says of the write that it is from.

    `pending` names what is left of a long write (see committer.py); `before` is the record's body before that write,
    compressed; empty if it had none. A `quiet` write is no news to subscriptions.
    """

    pending: str = ""
    before: str = ""
    quiet: bool = False

    @classmethod
    def of(cls, record: Item) -> Self:
        """Return the marks of a record's item."""
        pending, before = (record.get(name, {"S": ""})["S"] for name in ("pending", "before"))
        return cls(pending, before, "quiet" in record)

    @property
    def attributes(self) -> Item:
        """The attributes of a record's item that have them."""
        texts = {"pending": self.pending, "before": self.before}
        marks = {name: {"S": text} for name, text in texts.items() if text}
        return {**marks, **({"quiet": {"BOOL": True}} if self.quiet else {})}


UNMARKED = Marks()


def all_items(indexing: Indexing, kind: Kind, view: View, marks: Marks = UNMARKED) -> Iterator[Item]:
    """Build all items of a new record except its memberships."""
    yield from record_items(indexing, kind, view, version=1, marks=marks)
    yield from lookup_items(kind, view, indexing.catalogue.rules).values()


def record_items(indexing: Indexing, kind: Kind, view: View, *, version: int, marks: Marks = UNMARKED) -> list[Item]:
    """Build a record's item, then the parts of a body that is too large for it, beside the one from before.

    The item of a body in parts has it compressed too, unless the record is pending: nothing of it is reported then.
    """
    written = encoded(view)
    body = written.decode()
    parts = _cut(body) if len(written) > min(_PART_BYTES, MAX_BODIES - len(marks.before)) else []
    record = {
        **keys.record_key(kind, view["id"]),
        "version": {"N": str(version)},
        "digest": {"S": digest_of(written)},
        **indexing.attributes(kind, view),
        **({"parts": {"N": str(len(parts))}} if parts else {"body": {"S": body}}),
        **({"compressed": {"S": compressed_body(view)}} if parts and not marks.pending else {}),
        **({FOLLOWED: {"S": str(source)}} if (source := followed(view)) else {}),
        **marks.attributes,
    }
    return [record, *(_part(kind, view["id"], number, text) for number, text in enumerate(parts, 1))]


def part_keys(record: Item) -> list[Item]:
    """Return the keys of the parts of a record's body, in order; none when the body is in the record's item."""
    if "parts" not in record:
        return []
    kind, _, record_id = record["pk"]["S"].partition("#")
    count = int(record["parts"]["N"])
    return [keys.part_key(Kind(kind), record_id, number) for number in range(1, count + 1)]


def body_view(record: Item, parts: Sequence[Item]) -> View:
    """Return a record's view, from its item and the parts in order. Raises TornBody."""
    body = record["body"]["S"] if "body" in record else "".join(part["body"]["S"] for part in parts)
    if "body" not in record and digest_of(body.encode()) != record["digest"]["S"]:
        raise TornBody(record["pk"]["S"])
    view: View = from_json(body)
    return view


def membership_items(membership: Membership) -> list[Item]:
    """Build both sides of a membership."""
    return sides(membership.person_id, membership.group_id, record_fields(membership))


def sides(person_id: str, group_id: str, entry: Mapping[str, Any]) -> list[Item]:
    """Build both sides of a membership from a view's entry, which has its fields but not both ids."""
    body = {"S": encoded({"person_id": person_id, "group_id": group_id, **membership_fields(entry)}).decode()}
    return [{**key, "body": body} for key in keys.membership_keys(person_id, group_id, entry.get("start", ""))]


def lookup_items(kind: Kind, view: Mapping[str, Any], *rules: Rules) -> dict[Ref, Item]:
    """Build the items by which a record's identifiers, phone numbers and e-mail addresses are looked up, by key.

    They are those of all `rules` together: of the registry's own, and of former ones that its items may follow.

    Those of a person say whether their owner is restricted: a lookup for others than entitled clients ends there.
    """
    owner = keys.record_pk(kind, view["id"])
    identifiers = [
        keys.identifier_pk(identifier["identifier_type"], matched)
        for identifier in view.get("identifiers", ())
        for some in rules
        if (matched := some.identifier(identifier["identifier_value"]))
    ]
    shared = [keys.phone_pk(some.phone(number)) for number in view.get("phone_numbers", ()) for some in rules]
    shared += [keys.email_pk(normalize.email(address)) for address in view.get("emails", ())]
    found = [*((pk, keys.RECORD) for pk in identifiers), *((pk, owner) for pk in shared)]
    carried: Item = {"owner": {"S": owner}}
    if kind is Kind.PERSON:
        carried[RESTRICTED] = {"BOOL": bool(view.get("restricted"))}
    return {(pk, sk): {"pk": {"S": pk}, "sk": {"S": sk}, **carried} for pk, sk in found}


def identifier_types(views: Iterable[Mapping[str, Any]]) -> tuple[set[str], set[str]]:
    """Return the identifier types that records have, normalised: those of all others, and of restricted people."""
    types: tuple[set[str], set[str]] = set(), set()
    for view in views:
        has = {normalize.identifier_type(identifier["identifier_type"]) for identifier in view.get("identifiers", ())}
        types[bool(view.get("restricted"))].update(has)
    return types


def settings_item(
    shards: int, types: Set[str], restricted_types: Set[str], country: str = "", id_key: str = ""
) -> Item:
    """Build the registry's own item: the number of shards of its indexes, its identifier types and its country.

    `restricted_types` are those of restricted people. `id_key` is the key of the ids that it gave, if there are any.
    """
    known = {IDENTIFIER_TYPES: types, RESTRICTED_TYPES: restricted_types - types}
    return {
        **keys.REGISTRY_KEY,
        "shards": {"N": str(shards)},
        RULES: {"S": str(Rules(VERSION, country))},
        **{name: {"SS": sorted(some)} for name, some in known.items() if some},
        **({ID_KEY: {"S": id_key}} if id_key else {}),
    }


def _part(kind: Kind, record_id: str, number: int, text: str) -> Item:
    return {**keys.part_key(kind, record_id, number), "body": {"S": text}}


def _cut(body: str) -> list[str]:
    return [body[start : start + _PART_CHARACTERS] for start in range(0, len(body), _PART_CHARACTERS)]
