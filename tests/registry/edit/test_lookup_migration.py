"""A registry that an older version wrote: what holds until it is reindexed, and what it is afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from dci_cli.aws import OperatorRuntime
from dci_cli.registry.edit import lookup_migration
from dci_cli.registry.edit.reindex import Reindex
from dci_common.registry.errors import IdentifierTaken
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Identifier, Membership, Name, Person
from dci_common.registry.model.rules import Rules
from support.commands import Commands
from support.example_counts import sampled
from support.former_registry import write_as_formerly
from support.import_files import jsonl
from support.registry_harness import Registry

pytestmark = pytest.mark.exhaustive  # what is rare takes long; `make check` runs it


def with_uin(id_: str, value: str, **fields: object) -> Person:
    """Return a person with an identifier."""
    uin = Identifier(identifier_type="UIN", identifier_value=value)
    return Person.model_validate({"id": id_, "identifiers": (uin,), **fields})


ANNA = with_uin("anna", "١٢٣", name=Name(surname="علی"), phone_numbers=("081-234-5678", "٠٨٩"))
PLAIN = with_uin("plain", "7", name=Name(surname="Okafor"), phone_numbers=("+66812345678",))
HOME = Group(id="home", name="Oʼ", phone_numbers=("0066 (0)82 234 5678",))
RECORDS: list[AnyRecord] = [ANNA, PLAIN, HOME, Membership(person_id="anna", group_id="home")]


def owners(registry: Registry) -> dict[str, str]:
    """Return the owner of each identifier, by its key."""
    return {pk: item["owner"]["S"] for (pk, sk), item in registry.items().items() if pk[0] == "I" and sk == "RECORD"}


def test_verify_says_that_a_reindex_is_needed(registry: Registry, dci: Commands) -> None:
    """Until a registry is reindexed, verify says so and no more; then it is consistent."""
    write_as_formerly(registry, *RECORDS)
    outcome = dci("verify")
    assert (outcome.status, outcome.out.count("\n")) == (1, 1)
    assert outcome.out.startswith("REGISTRY SETTINGS: ")
    assert "run dci registry reindex" in outcome.out
    assert dci("reindex").out == (
        "3 records checked, 2 rewritten, 0 interrupted writes completed.\n1 memberships have got other keys.\n"
        "2 records have got other lookup items.\n"
    )
    registry.assert_holds(*RECORDS)
    assert dci("reindex").out == "3 records checked, 0 rewritten, 0 interrupted writes completed.\n"


def test_a_reindexed_registry_is_as_a_new_one(registry: Registry, dci: Commands) -> None:
    """Reindexing makes the items that a new registry of the same records has."""
    registry.put(*RECORDS)
    fresh = {ref: item for ref, item in registry.items().items() if ref[1] != "RECORD" or "owner" in item}
    write_as_formerly(registry, *RECORDS)
    assert dci("reindex").status == 0
    assert {ref: registry.items()[ref] for ref in fresh} == fresh
    assert registry.findings() == []


def test_a_country_changes_the_keys_of_phones(registry: Registry, dci: Commands) -> None:
    """National numbers get the keys of international ones; all functions know the country before the first does."""
    registry.put(*RECORDS)
    waits: list[tuple[float, int]] = []
    reindex = Reindex(
        registry.operator, "TH", sleep=lambda seconds: waits.append((seconds, len(reindex.migration.contested)))
    )
    list(reindex.pages(None))
    assert waits == [(60, 0)]
    settings = registry.store.settings()
    assert (settings.country, settings.former) == ("TH", frozenset())
    phones = {pk for pk, _ in registry.items() if pk.startswith("PHONE#")}
    assert phones == {"PHONE#+66812345678", "PHONE#+66822345678", "PHONE#089"}
    registry.assert_holds(*RECORDS)
    shown = dci("show", "anna").out
    assert "081-234-5678" in shown
    assert "PHONE#+66812345678" in shown


def test_an_unknown_country_is_rejected(
    registry: Registry, capsys: pytest.CaptureFixture[str], dci: Commands
) -> None:
    """Only countries that have phone numbers can be set."""
    registry.put(PLAIN)
    with pytest.raises(SystemExit):
        dci("reindex", "--country", "XX")
    assert "give the two letters of a country" in capsys.readouterr().err


@pytest.mark.parametrize("crash_at", sampled([1, 2, 3], 1))
def test_an_interrupted_reindex_continues(registry: Registry, monkeypatch: pytest.MonkeyPatch, crash_at: int) -> None:
    """Wherever it stops, both forms are named until a pass is complete."""
    write_as_formerly(registry, *RECORDS)
    calls = iter(range(1, 100))

    def interrupted(self: lookup_migration.LookupMigration, kind: Kind, view: dict[str, object]) -> None:
        if next(calls) == crash_at:
            raise KeyboardInterrupt
        move(self, kind, view)

    move = lookup_migration.LookupMigration.move
    with monkeypatch.context() as patched:
        patched.setattr(lookup_migration.LookupMigration, "move", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(Reindex(OperatorRuntime(registry.runtime.settings)).pages(None))
    assert Rules(version=1) in registry.store.settings().former
    list(Reindex(registry.operator).pages(None))
    assert registry.store.settings().former == frozenset()
    registry.assert_holds(*RECORDS)


def test_a_checkpoint_of_other_rules_is_rejected(registry: Registry, dci: Commands, tmp_path: Path) -> None:
    """A checkpoint of before the country changed would leave out records."""
    registry.put(*RECORDS)
    checkpoint = tmp_path / "checkpoint"
    checkpoint.write_text(f'{{"table": "{registry.table}", "rules": ["2"], "after": {{"pk": "z", "sk": "z"}}}}')
    problem = dci("reindex", "--checkpoint", checkpoint, "--country", "TH").problem
    assert problem.endswith("checkpoint was written before the rules of matching changed: delete it.")


def test_writers_know_both_forms(registry: Registry) -> None:
    """A record that is changed, kept or deleted before the reindex leaves nothing, and shares no identifier."""
    write_as_formerly(registry, *RECORDS)
    with pytest.raises(IdentifierTaken):
        registry.put(with_uin("thief", "١٢٣"))
    registry.put(ANNA.model_copy(update={"sex": "female"}))
    assert owners(registry) == {"IDENTIFIER#UIN#123": "PERSON#anna", "IDENTIFIER#UIN#7": "PERSON#plain"}
    with pytest.raises(IdentifierTaken):
        registry.put(with_uin("thief", "123"))
    registry.writer.delete(Kind.GROUP, "home")
    registry.writer.delete(Kind.PERSON, "anna")
    list(Reindex(registry.operator).pages(None))
    registry.assert_holds(PLAIN)


def test_an_import_waits_for_the_reindex(registry: Registry, dci: Commands, tmp_path: Path) -> None:
    """An import would not see who has an identifier under its former key."""
    write_as_formerly(registry, *RECORDS)
    path = jsonl(tmp_path / "a.jsonl", [with_uin("other", "9")])
    assert "run dci registry reindex" in dci("import", path).problem
    dci("reindex")
    assert dci("import", path).status == 0


def test_an_import_sets_the_country_of_a_new_registry(registry: Registry, dci: Commands, tmp_path: Path) -> None:
    """The country is that of the first import; another one is rejected."""
    registry.remove(("REGISTRY", "SETTINGS"))
    path = jsonl(tmp_path / "a.jsonl", [ANNA])
    assert dci("import", path, "--country", "th").status == 0
    assert ("PHONE#+66812345678", "PERSON#anna") in registry.items()
    assert registry.findings() == []
    assert dci("import", path, "--country", "TH").status == 0
    assert "The registry's country is TH" in dci("import", path, "--country", "KE").problem


def test_the_second_of_two_equal_identifiers_is_rejected(registry: Registry, dci: Commands, tmp_path: Path) -> None:
    """Digits and invisible characters make no other identifier: in one file, in two, and for one record."""
    path = jsonl(tmp_path / "a.jsonl", [ANNA, with_uin("second", "1\u200b23")])
    assert dci("import", path).status == 1
    assert "already belongs to the person anna" in Path(f"{path}.rejected.jsonl").read_text()
    with pytest.raises(IdentifierTaken):
        registry.put(with_uin("second", "123"))
    twice = ANNA.identifiers[0].model_copy(update={"identifier_value": "123"})
    registry.put(ANNA.model_copy(update={"identifiers": (*ANNA.identifiers, twice)}))
    assert registry.findings() == []


def test_existing_pairs_are_reported_and_never_merged(registry: Registry, dci: Commands) -> None:
    """Both records stay; one is found, verify names both, and either can be corrected, restricted or deleted."""
    first, second = with_uin("first", "123"), with_uin("second", "١٢٣", birth_date="1990-01-31")
    write_as_formerly(registry, first, second)
    assert dci("reindex").out.endswith(
        "1 of their identifiers are equal to another record's: see dci registry verify.\n"
    )
    assert owners(registry) == {"IDENTIFIER#UIN#123": "PERSON#first"}
    assert dci("verify").out == (
        "PERSON#second RECORD: IDENTIFIER#UIN#123 RECORD: belongs to PERSON#first, whose identifier is equal: "
        "correct one of the two records\n"
    )
    registry.put(second.model_copy(update={"restricted": True}))
    assert registry.view(Kind.PERSON, "second")["restricted"]
    registry.put(with_uin("second", "124"))
    registry.assert_holds(first, with_uin("second", "124"))


@pytest.mark.parametrize("kept", ["first", "second"])
def test_one_of_a_pair_can_be_deleted(registry: Registry, kept: str) -> None:
    """The other keeps its identifier, or gets it when it is written again."""
    people = {"first": with_uin("first", "123"), "second": with_uin("second", "١٢٣")}
    write_as_formerly(registry, *people.values())
    list(Reindex(registry.operator).pages(None))
    registry.writer.delete(Kind.PERSON, "second" if kept == "first" else "first")
    assert owners(registry) == ({"IDENTIFIER#UIN#123": "PERSON#first"} if kept == "first" else {})
    registry.put(Person(id=kept), people[kept])
    registry.assert_holds(people[kept])
