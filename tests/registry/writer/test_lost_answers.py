"""Commands whose clients of AWS repeat a write because its answer was lost: the result is that of one write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dci_cli.__main__ import main
from dci_cli.registry.importer.target import Target
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Group, Identifier, Membership, Name, Person
from dci_common.registry.storage import keys
from support.api import Api
from support.commands import commands_on
from support.import_files import import_into, jsonl
from support.lost_answers import commands_lose
from support.registry_harness import Registry, registry_with

ANNA = Person(
    id="anna",
    name=Name(given_name="Anna"),
    identifiers=(Identifier(identifier_type="UIN", identifier_value="1"),),
)
HILL = Group(id="hill", name="Hill")
ANNA_ON_HILL = Membership(person_id="anna", group_id="hill", roles=("head",))
CHANGED = ANNA.model_copy(
    update={"identifiers": (Identifier(identifier_type="NATIONAL_ID", identifier_value="2"),), "sex": "female"}
)


@pytest.fixture
def empty(engine: None) -> Iterator[Callable[[], Registry]]:  # noqa: ARG001 - must be running
    """Return a maker of registries whose tables hold nothing at all."""
    with registry_with() as registry:

        def cleared() -> Registry:
            registry.clear()
            registry.runtime.dynamodb.delete_item(TableName=registry.table, Key=keys.REGISTRY_KEY)
            return registry

        yield cleared


@pytest.mark.parametrize("lost", range(2))
def test_an_import_into_an_empty_table_is_complete(
    empty: Callable[[], Registry], tmp_path: Path, lost: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The settings and each batch are written, whichever answer is lost."""
    registry = empty()
    with commands_lose(lost) as answers:
        assert import_into(registry, jsonl(tmp_path / "x.jsonl", [ANNA, HILL, ANNA_ON_HILL])) == 0, (
            capsys.readouterr()
        )
    assert answers.is_lost
    registry.assert_holds(ANNA, HILL, ANNA_ON_HILL)


@pytest.mark.parametrize("lost", range(2))
def test_an_import_of_changes_is_complete(registry: Registry, tmp_path: Path, lost: int) -> None:
    """A new identifier type and the change of a record are each written once."""
    registry.put(ANNA, HILL, ANNA_ON_HILL)
    version = registry.version(Kind.PERSON, "anna")
    with commands_lose(lost) as answers:
        assert import_into(registry, jsonl(tmp_path / "x.jsonl", [CHANGED]), "--replace") == 0
    assert answers.is_lost
    registry.assert_holds(CHANGED, HILL, ANNA_ON_HILL)
    assert registry.version(Kind.PERSON, "anna") == version + 1


@pytest.mark.parametrize("lost", range(2))
def test_records_are_put_and_deleted_once(
    registry: Registry, lost: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A record that is put has one version more, and one that is deleted is gone."""
    registry.put(ANNA)
    dci = commands_on(registry, capsys, monkeypatch)
    with commands_lose(lost) as answers:
        put = dci("put", jsonl(tmp_path / "x.jsonl", [CHANGED]))
    assert (put.status, answers.is_lost) == (0, True), put
    assert registry.version(Kind.PERSON, "anna") == 2
    with commands_lose(0) as answers:
        assert dci("delete", "anna", "--yes").status == 0
    assert answers.is_lost
    registry.assert_holds()


def test_a_first_administrator_is_created_once(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    """`dci bootstrap` prints the secret of the one client that it made."""
    name = f"administrator {api.runtime.random_bytes(8).hex()}"
    with commands_lose(0) as answers:
        assert main(["bootstrap", "--clients-table", api.runtime.settings.clients_table, "--name", name]) == 0
    assert answers.writes == ["TransactWriteItems"]
    printed = json.loads(capsys.readouterr().out)
    assert (printed["name"], "client_secret" in printed) == (name, True)


def test_another_import_that_began_meanwhile_is_still_found(
    empty: Callable[[], Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings that another import wrote are not taken for this import's own."""
    registry = empty()
    dynamodb = registry.runtime.dynamodb
    item = {**keys.REGISTRY_KEY, "shards": {"N": "16"}}
    write = Target.write_settings

    def overtaken(target: Target, *arguments: object) -> None:
        dynamodb.put_item(TableName=registry.table, Item=item)
        write(target, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Target, "write_settings", overtaken)
    assert import_into(registry, jsonl(tmp_path / "x.jsonl", [ANNA])) != 0
    assert registry.stored(Kind.PERSON, "anna") is None
