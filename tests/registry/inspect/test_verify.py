"""The check of a registry: silent about a right one, and silent about no wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dci_common.aws.dynamodb import Item
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.errors import RegistryNotLoaded
from dci_common.registry.model.records import AnyRecord, Group, Identifier, Membership, Person
from dci_common.registry.storage.checker import Checker
from dci_common.registry.storage.items import Ref, ref_of
from support.example_counts import sampled
from support.registry_harness import Registry, items_of, registry_with

MUCH = [{"key": f"k{number}", "value": "ක" * 500} for number in range(64)]
SMALL: list[AnyRecord] = [
    Person(
        id="anna",
        identifiers=(Identifier(identifier_type="UIN", identifier_value="1"),),
        phone_numbers=("555",),
        emails=("anna@example.org",),
        birth_date="1990-01-31",
    ),
    Person(id="beno", restricted=True, phone_numbers=("555",)),
    Person(id="alone"),
    Group(id="hill", identifiers=(Identifier(identifier_type="HOUSEHOLD_ID", identifier_value="1"),)),
    Membership(person_id="anna", group_id="hill", roles=("head",), start="2020-01-01"),
    Membership(person_id="beno", group_id="hill"),
]
LARGE: list[AnyRecord] = [
    Group(id="large"),
    *(Person.model_validate({"id": f"p{number}", "additional_attributes": MUCH}) for number in range(4)),
    *(Membership(person_id=f"p{number}", group_id="large") for number in range(4)),
]


def by_ref(records: list[AnyRecord]) -> dict[Ref, Item]:
    """Build the items of a registry of these records, by their keys."""
    return {ref_of(item): item for item in items_of(records)}


@pytest.fixture(scope="module")
def table(engine: None) -> Iterator[Registry]:  # noqa: ARG001 - must be running
    """Return a registry that knows all identifier types."""
    with registry_with(*SMALL) as registry:
        yield registry


@pytest.fixture
def small(table: Registry) -> Registry:
    """Return a small registry with items of every kind but parts of bodies."""
    return hold(table, SMALL)


def hold(registry: Registry, records: list[AnyRecord]) -> Registry:
    """Let a registry hold just these records."""
    registry.clear()
    registry.write(items_of(records))
    return registry


@pytest.mark.parametrize("records", [SMALL, LARGE])
def test_a_consistent_registry_has_no_findings(table: Registry, records: list[AnyRecord]) -> None:
    """A consistent registry has no findings."""
    assert hold(table, records).findings() == []


# A record that no other item refers to can be missing unnoticed.
DELETED = [(SMALL, *ref) for ref in by_ref(SMALL) if ref[0] != "PERSON#alone"]
DELETED += [(LARGE, *ref) for ref in by_ref(LARGE) if ref[0] == "GROUP#large"]


@pytest.mark.parametrize(("records", "pk", "sk"), sampled(DELETED, quick=6))
def test_a_missing_item_is_found(table: Registry, records: list[AnyRecord], pk: str, sk: str) -> None:
    """A missing item is found, whichever it is."""
    hold(table, records).remove((pk, sk))
    assert table.findings()


def alterations() -> Iterator[tuple[list[AnyRecord], Ref, str, dict[str, Any] | None]]:
    """Yield every attribute of every kind of item, with another value, then with none."""
    kinds = set()
    for records in (SMALL, LARGE):
        for ref, item in by_ref(records).items():
            kind = ref[0].split("#")[0], ref[1].split("#")[0], *sorted(item)
            if kind not in kinds:
                kinds.add(kind)
                for name in sorted(item.keys() - {"pk", "sk"}):
                    yield records, ref, name, altered(item[name])
                    yield records, ref, name, None


def altered(value: dict[str, Any]) -> dict[str, Any]:
    """Return another value of the same type."""
    ((type_, content),) = value.items()
    match type_:
        case "M":
            return {"M": {**content, "other": {"S": "1"}}}
        case "N":
            return {"N": str(int(content) + 1)}
        case "BOOL":
            return {"BOOL": not content}
        case _:
            # Text of a body stays JSON, so that only what it says is wrong.
            return {type_: content.replace("5", "6") if "5" in content else content.replace("a", "b", 1) + " "}


@pytest.mark.parametrize(("records", "ref", "name", "value"), sampled(list(alterations()), quick=12))
def test_an_altered_item_is_found(
    table: Registry, records: list[AnyRecord], ref: Ref, name: str, value: dict[str, Any] | None
) -> None:
    """A changed or missing attribute of an item is found, except for a different version."""
    hold(table, records)
    item = dict(table.items()[ref])
    del item[name]
    table.write([{**item, name: value} if value else item])
    assert bool(table.findings()) == (name != "version" or value is None)


STRAYS: list[Item] = [
    {"pk": {"S": "IDENTIFIER#UIN#2"}, "sk": {"S": "RECORD"}, "owner": {"S": "PERSON#anna"}},
    {"pk": {"S": "IDENTIFIER#UIN#2"}, "sk": {"S": "RECORD"}, "owner": {"S": "PERSON#nobody"}},
    {"pk": {"S": "PHONE#555"}, "sk": {"S": "PERSON#alone"}, "owner": {"S": "PERSON#alone"}},
    {"pk": {"S": "PHONE#555"}, "sk": {"S": "PERSON#alone"}, "owner": {"S": "PERSON#anna"}},
    {"pk": {"S": "PERSON#anna"}, "sk": {"S": "BODY#1"}, "body": {"S": "{}"}},
    {"pk": {"S": "GROUP#hill"}, "sk": {"S": "BODY#x"}, "body": {"S": "{}"}},
    {"pk": {"S": "PERSON#anna"}, "sk": {"S": "GROUP#other"}, "body": {"S": "{}"}},
    {"pk": {"S": "GROUP#hill"}, "sk": {"S": "GROUP#hill"}, "body": {"S": "{}"}},
    {"pk": {"S": "GROUP#nothing"}, "sk": {"S": "MEMBER#anna"}, "body": {"S": "{}"}},
    {"pk": {"S": "PERSON#nobody"}, "sk": {"S": "RECORD"}, "body": {"S": "{}"}},
    {"pk": {"S": "PERSON#nobody"}, "sk": {"S": "RECORD"}, "body": {"S": "no JSON"}, "digest": {"S": ""}},
    {"pk": {"S": "PERSON#nobody"}, "sk": {"S": "RECORD"}, "parts": {"S": "many"}},
    {"pk": {"S": "other"}, "sk": {"S": "thing"}},
    {"pk": {"S": "other"}, "sk": {"S": "thing"}, "owner": {"N": "1"}},
]


@pytest.mark.parametrize("stray", sampled(STRAYS, 4), ids=lambda stray: f"{stray['pk']['S']} {stray['sk']['S']}")
def test_an_item_without_a_record_is_found(small: Registry, stray: Item) -> None:
    """An item that belongs to no record is found, whatever its content."""
    small.write([stray])
    assert [finding.partition(":")[0] for finding in small.findings()] == [f"{stray['pk']['S']} {stray['sk']['S']}"]


def test_views_that_disagree_are_found_on_both_sides(small: Registry) -> None:
    """Valid bodies that show each other wrongly are found on both sides."""
    others = [record for record in SMALL if record != SMALL[4]]
    another = Membership(person_id="anna", group_id="hill", start="2021-01-01")
    small.write(item for item in items_of([*others, another]) if item["pk"]["S"] == "PERSON#anna")
    findings = small.findings()
    assert "PERSON#anna RECORD: GROUP#hill does not show the same membership" in findings
    assert "GROUP#hill RECORD: PERSON#anna does not show the same membership" in findings


def test_an_outdated_copy_of_a_record_is_found(small: Registry) -> None:
    """A record that changed without its copies in other records is found in these."""
    changed = [Group(id="hill", name="New") if record == SMALL[3] else record for record in SMALL]
    small.write(item for item in items_of(changed) if item["pk"]["S"] == "GROUP#hill")
    findings = small.findings()
    assert "PERSON#anna RECORD: shows GROUP#hill as it is not" in findings
    assert "PERSON#beno RECORD: shows GROUP#hill as it is not" in findings


def test_an_unregistered_identifier_type_is_found(small: Registry) -> None:
    """An identifier type that is missing in the registry's settings is found, as no search can name it."""
    person = Person(id="alone", identifiers=(Identifier(identifier_type="Tax no", identifier_value="1"),))
    small.write(items_of([person]))
    assert small.findings() == ["PERSON#alone RECORD: the registry does not know its identifier type TAX NO"]


def test_records_in_other_shards_are_found(small: Registry) -> None:
    """Records in other index shards than the settings name are found; restricted records have none."""
    settings = small.items()["REGISTRY", "SETTINGS"]
    small.write([{**settings, "shards": {"N": "1009"}}])
    found = {finding.split()[0] for finding in small.findings()}
    small.write([settings])
    assert found == {"PERSON#anna", "PERSON#alone"}


def test_a_table_without_settings_is_rejected(registry: Registry) -> None:
    """A table without the registry's settings cannot be verified."""
    registry.remove(("REGISTRY", "SETTINGS"))
    with pytest.raises(RegistryNotLoaded):
        next(Checker(registry.runtime, SOCIAL_CATALOGUE).findings([]))


def test_a_write_under_way_is_no_finding(small: Registry) -> None:
    """Items that are written while they are read are read again and not reported."""
    ref = ("IDENTIFIER#UIN#1", "RECORD")
    late = small.items()[ref]
    small.remove(ref)
    reader = Registry(small.table)
    _, client = small.disturbed()
    vars(reader.runtime)["dynamodb"] = client
    client.reading = lambda _request: small.write([late])
    assert reader.findings() == []
